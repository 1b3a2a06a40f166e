package dev.sluice.core.flow;

import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.team.TeamId;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call that the gateway makes for itself. It takes the way of any other, with pools, budgets,
 * books and metrics; only nobody reads its answer.
 *
 * @param target path of one of the routes
 * @param fields of the request, a content type among them; the call's from now on
 * @param team who pays
 * @param then hears what became of it, once, on the loop: null where it was refused before it was a
 *     call
 */
public record OwnCall(
    String target,
    HttpHeaders fields,
    byte[] body,
    TeamId team,
    Consumer<@Nullable CallRecord> then) {}

package dev.sluice.billing.ledger;

import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A call that is about to be forwarded, as far as it is known then: what the ledger closes it with
 * if the gateway dies before it ends. Immutable. Texts are cut to the room they have in a slot, and
 * of the tags only so many are kept there.
 *
 * @param callId the gateway's own id; one row for each, ever
 * @param keyId which of the team's keys, by its public id, or null
 * @param tags what the client says of the call, in its order
 * @param modelAsked model in the request, or null
 * @param startedEpochMillis when the request head arrived
 * @param estimatedInput tokens
 * @param expectedOutput tokens
 * @param reservedTokens input and output, as charged to the pool; 0 where it came under none
 * @param pool its name, or null
 * @param estimatedCost what those tokens would cost
 */
public record Intent(
    String callId,
    TeamId team,
    @Nullable String keyId,
    String route,
    String dialect,
    String operation,
    String provider,
    @Nullable String modelAsked,
    boolean stream,
    Map<String, String> tags,
    long startedEpochMillis,
    long estimatedInput,
    long expectedOutput,
    long reservedTokens,
    @Nullable String pool,
    Cost estimatedCost) {

  public Intent {
    // Not Map.copyOf: it loses the order.
    tags = tags.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(tags));
  }
}

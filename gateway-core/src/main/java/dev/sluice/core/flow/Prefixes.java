package dev.sluice.core.flow;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.price.PriceBook;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import dev.sluice.core.dialect.PromptLayout;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.dialect.WarmUp;
import dev.sluice.core.identity.PromptScope;
import dev.sluice.core.prefix.CacheRole;
import dev.sluice.core.prefix.Finding;
import dev.sluice.core.prefix.GateMode;
import dev.sluice.core.prefix.Pass;
import dev.sluice.core.prefix.Prefix;
import dev.sluice.core.prefix.PrefixId;
import dev.sluice.core.warm.PrefixPrice;
import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A call's prompt cache entries, from the look at its body to the settlement: what steps 5, 6, 8
 * and 9 of the flow say to the gate, put together here. Decides nothing.
 */
final class Prefixes {

  private static final long NANOS_PER_MILLI = 1_000_000L;

  private static final int OK = 200;
  private static final int REDIRECT = 300;

  private Prefixes() {}

  /** What of it may be cached; by the first of that it is sent to one account. */
  static void look(Exchange x, FlowRooms rooms) {
    PromptLayout layout = x.request.facts.prompt();
    ByteBuf body = x.request.body();
    String model = x.request.model();
    if (layout == null || body == null || model == null || !isAsked(x, rooms)) {
      return;
    }
    Beginnings found =
        Beginnings.of(
            x.policy.route().family(),
            model,
            layout,
            body,
            rooms.fingerprinter(),
            () -> scope(x, model, rooms));
    x.beginnings = found;
    x.affinity = found == null ? null : found.affinity();
  }

  private static boolean isAsked(Exchange x, FlowRooms rooms) {
    return rooms.prefixes().settings().mode() != GateMode.OFF || x.policy.accounts().size() > 1;
  }

  /** A way through the gate; null for a call of which nothing could be cached. */
  static @Nullable Pass pass(Exchange x, Estimate estimate, FlowRooms rooms) {
    Beginnings found = x.beginnings;
    String model = x.request.model();
    if (found == null || model == null || rooms.prefixes().settings().mode() == GateMode.OFF) {
      return null;
    }
    List<Prefix> chain = found.chain(x.account.provider(), estimate.input(), x.request.bodyBytes());
    return chain.isEmpty() ? null : rooms.prefixes().pass(chain, model, rooms.random());
  }

  private static String scope(Exchange x, String model, FlowRooms rooms) {
    Request r = x.request;
    long credential = 0;
    if (x.policy.clients() == RoutePolicy.Clients.PASS_THROUGH) {
      String query = r.target.substring(r.target.indexOf('?') + 1);
      String key = x.dialect.clientKey(r.headers, query);
      credential = key == null ? 0 : rooms.fingerprinter().credential(key);
    }
    return PromptScope.of(x.dialect.name(), model, credential, r.headers);
  }

  /**
   * Keeps what renews the call's prefixes, where they are to be kept warm without anybody's having
   * registered them.
   *
   * @param body before it is sent; only read
   */
  static void keep(Exchange x, @Nullable ByteBuf body, FlowRooms rooms) {
    Pass pass = x.pass;
    Beginnings found = x.beginnings;
    Request r = x.request;
    if (pass == null
        || found == null
        || body == null
        || r.port.owner() != null
        || !rooms.warmUps().isOn()
        || x.policy.route().family() == Route.Family.GEMINI
        || x.policy.clients() == RoutePolicy.Clients.PASS_THROUGH) {
      return;
    }
    for (Beginnings.Beginning each : found.all()) {
      PrefixId id = found.id(each, x.account.provider());
      if (pass.isUsedAgain(id) && rooms.warmUps().lacks(id)) {
        boolean hasPrewarm = found.rules().isWriteCounted();
        ByteBuf made = WarmUp.body(x.dialect, body, r.facts, each.entry(), hasPrewarm);
        if (made != null) {
          String target = x.policy.route().prefix() + x.dialect.withoutClientKey(r.target);
          rooms.warmUps().keep(id, target, r.headers, made, x.team);
        }
      }
    }
  }

  /** Whether others wait for this call's answer to begin. */
  static boolean isAwaited(Exchange x) {
    return x.pass != null && x.pass.isAwaited();
  }

  /**
   * The head of the answer has come: the client is told what its call was. A refusal is no
   * beginning: somebody else may lead.
   *
   * @param kept the fields for the client; added to
   */
  static void answered(Exchange x, int status, List<Map.Entry<String, String>> kept) {
    Pass pass = x.pass;
    if (pass == null) {
      return;
    }
    if (status < OK || status >= REDIRECT) {
      pass.answerBegan(status, x.firstByteNanos);
    }
    CacheRole role = pass.role();
    if (role != null) {
      kept.add(Map.entry("Sluice-Cache", role.label()));
    }
    if (pass.waitedNanos() > 0) {
      kept.add(
          Map.entry("Sluice-Cache-Wait-Ms", Long.toString(pass.waitedNanos() / NANOS_PER_MILLI)));
    }
  }

  /** A piece of the answer itself has come, so its entry can be read: whoever waits may go. */
  static void begun(Exchange x, SilenceWheel wheel) {
    Pass pass = x.pass;
    if (pass != null && !pass.hasBegun() && x.providerStatus >= OK && x.providerStatus < REDIRECT) {
      pass.answerBegan(x.providerStatus, wheel.nanoTime());
    }
  }

  /** From every exit, once: others may lead, and what was counted corrects what was believed. */
  static CallRecord.Caching settle(Exchange x, Settlement settlement, PriceBook prices) {
    Pass pass = x.pass;
    if (pass == null) {
      return CallRecord.Caching.NONE;
    }
    boolean isCounted =
        settlement.source() == UsageSource.PROVIDER || settlement.source() == UsageSource.PARTIAL;
    Finding finding = pass.ended(isCounted ? settlement.usage() : null);
    long worth =
        finding.kind() == Finding.Kind.NOTHING ? 0 : worth(x, pass, finding.tokens(), prices);
    finding.worth(worth);
    CacheRole role = pass.role();
    return new CallRecord.Caching(
        role == null ? null : role.label(),
        pass.waitedNanos(),
        finding.kind() == Finding.Kind.SAVED ? worth : 0,
        finding.kind() == Finding.Kind.WASTED ? worth : 0);
  }

  /** What it costs more to have tokens written, or not cached, than read. Nano-dollars. */
  private static long worth(Exchange x, Pass pass, long tokens, PriceBook prices) {
    Usage read = new Usage(0, tokens, 0, 0, 0, 0, 0, 0);
    Usage anew =
        pass.isWriteCounted()
            ? PrefixPrice.written(tokens, pass.lifetimeNanos())
            : new Usage(tokens, 0, 0, 0, 0, 0, 0, 0);
    long dear = prices.cost(Settlement.ask(x, anew)).nanoUsd();
    return Math.max(0, dear - prices.cost(Settlement.ask(x, read)).nanoUsd());
  }
}

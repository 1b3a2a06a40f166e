package dev.sluice.core.flow;

import static java.util.Objects.requireNonNull;

import dev.sluice.billing.admission.Pool;
import dev.sluice.billing.admission.ProviderLimits;
import dev.sluice.billing.admission.Reservation;
import dev.sluice.billing.admission.Standing;
import dev.sluice.billing.estimate.Content;
import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.estimate.EstimateAsk;
import dev.sluice.billing.estimate.OutputForecast;
import dev.sluice.billing.estimate.TextShape;
import dev.sluice.billing.estimate.TokenEstimator;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.usage.UsageSource;
import dev.sluice.core.quota.Pools;
import dev.sluice.core.quota.ProviderWord;
import dev.sluice.core.quota.QuotaFields;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A call's tokens, from the look at its body to the settlement: what steps 3, 5, 8 and 9 of the
 * flow say to the rooms of tokens, put together here. Decides nothing.
 */
final class Tokens {

  private static final int TOO_MANY_REQUESTS = 429;
  private static final long NANOS_PER_MILLI = 1_000_000L;
  private static final Map.Entry<String, String> REFUSED_BY_PROVIDER =
      Map.entry("Sluice-Refused-By", "provider");

  private Tokens() {}

  /** A piece of the body is only looked at. */
  static void look(Request r, ByteBuf bytes) {
    TextShape shape = r.shape;
    if (shape == null) {
      return;
    }
    if (bytes.nioBufferCount() == 1) {
      shape.scan(bytes.internalNioBuffer(bytes.readerIndex(), bytes.readableBytes()));
    } else {
      for (ByteBuffer piece : bytes.nioBuffers()) {
        shape.scan(piece);
      }
    }
  }

  /** Whether a call of the route may come under a pool, so that it is worth an estimate. */
  static boolean isMetered(RoutePolicy policy, Pools pools) {
    for (ProviderAccount account : policy.accounts()) {
      if (pools.isMetered(account.provider())) {
        return true;
      }
    }
    return false;
  }

  /** The pool that a call comes under, or null: what bills no tokens comes under none. */
  static @Nullable Pool poolOf(Exchange x, String provider, Pools pools) {
    return x.dialect.billsTokens() && x.request.body() != null
        ? pools.of(provider, x.request.model())
        : null;
  }

  static Estimate estimate(Exchange x, TokenEstimator estimator) {
    Request r = x.request;
    TextShape shape = r.shape;
    r.shape = null;
    if (shape == null) {
      return estimator.before(r.bodyBytes(), r.facts.outputCap());
    }
    x.content = shape.content();
    EstimateAsk ask = ask(x, x.content);
    ByteBuf body = r.body();
    if (body != null && estimator.wantsRefining(ask)) {
      estimator.refine(ask, ByteBufUtil.getBytes(body)); // counted elsewhere; teaches the next ones
    }
    return estimator.before(ask);
  }

  private static EstimateAsk ask(Exchange x, Content content) {
    return new EstimateAsk(
        x.account.provider(), x.request.model(), x.team, content, x.request.facts.outputCap());
  }

  /** How the team stands, for the head of an answer. */
  static List<Map.Entry<String, String>> fields(Exchange x, Standing standing, Instant now) {
    List<Map.Entry<String, String>> fields = new ArrayList<>(12);
    QuotaFields.add(fields, x.policy.route().family(), standing, now);
    return fields;
  }

  /**
   * The provider has answered: the pool hears what it says of its limits, and the client is told of
   * the team's instead.
   *
   * @param kept the fields for the client; changed
   */
  static void answered(
      Exchange x,
      int status,
      HttpHeaders fields,
      List<Map.Entry<String, String>> kept,
      InstantSource clock) {
    if (status == TOO_MANY_REQUESTS) {
      kept.add(REFUSED_BY_PROVIDER);
    }
    Pool pool = x.pool;
    Reservation tokens = x.reservation;
    if (pool == null || tokens == null) {
      return;
    }
    Instant now = clock.instant();
    ProviderWord word =
        ProviderWord.of(pool.settings().counting(), status, fields, now.toEpochMilli());
    hear(pool, word);
    kept.removeIf(field -> QuotaFields.isReplaced(field.getKey()));
    Standing standing =
        QuotaFields.asOfNow(tokens.standing(), x.firstByteNanos - x.admittedNanos, word.limits());
    QuotaFields.add(kept, x.policy.route().family(), standing, now);
    kept.add(Map.entry("Sluice-Queue-Ms", millis(x.queuedNanos + x.admittedNanos - x.askedNanos)));
    kept.add(Map.entry("Sluice-Estimate-Input", Long.toString(tokens.estimate().input())));
    kept.add(Map.entry("Sluice-Reserved-Tokens", Long.toString(tokens.tokens())));
  }

  /** It has to wait for something else: its tokens are others' meanwhile, its place is its own. */
  static void giveBack(Exchange x) {
    Reservation tokens = requireNonNull(x.reservation, "admitted before it waits again");
    x.place = tokens.giveBack();
    x.reservation = null;
    x.waiting = null;
    x.queuedNanos += x.admittedNanos - x.askedNanos;
    x.askedNanos = 0;
    x.admittedNanos = 0;
  }

  private static void hear(Pool pool, ProviderWord word) {
    ProviderLimits limits = word.limits();
    if (limits != null) {
      pool.hear(limits);
    }
    if (word.pauseMillis() > 0) {
      pool.pause(word.pauseMillis() * NANOS_PER_MILLI);
    }
    if (word.isOverloaded()) {
      pool.slowDown();
    }
  }

  private static String millis(long nanos) {
    return Long.toString(Math.max(0, nanos) / NANOS_PER_MILLI);
  }

  /** From every exit, once: what was reserved is corrected, and what was seen is learned. */
  static void settle(
      Exchange x,
      Settlement settlement,
      Outcome outcome,
      TokenEstimator estimator,
      OutputForecast forecast) {
    if (x.waiting != null) {
      x.waiting.leave();
    }
    Reservation tokens = x.reservation;
    if (tokens == null) {
      return;
    }
    if (x.upstream == null || !x.upstream.wasSent()) {
      tokens.giveBack(); // not even a request has been used
      return;
    }
    tokens.settle(settlement.usage());
    if (settlement.source() == UsageSource.PROVIDER) {
      Content content = x.content;
      if (content != null) {
        estimator.settled(
            x.account.provider(),
            x.request.model(),
            content,
            tokens.estimate(),
            settlement.usage().input());
      }
    }
    if (outcome == Outcome.COMPLETE) {
      forecast.learn(x.team, x.request.model(), settlement.usage().output());
    }
  }
}

package dev.sluice.core.quota;

import dev.sluice.billing.admission.MeterStanding;
import dev.sluice.billing.admission.ProviderLimits;
import dev.sluice.billing.admission.Standing;
import dev.sluice.billing.pool.Counts;
import dev.sluice.core.dialect.Route;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a team stands, as header fields: in the provider's own names, which users of its SDKs read,
 * and in those of draft-ietf-httpapi-ratelimit-headers. The provider's own fields are left out
 * instead: they speak of the whole account.
 */
public final class QuotaFields {

  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final long NANOS_PER_MILLI = 1_000_000L;
  private static final int WINDOW_SECONDS = 60;

  private QuotaFields() {}

  /** Whether a provider's field speaks of limits that the team's own replace. */
  public static boolean isReplaced(String name) {
    return startsWith(name, "x-ratelimit-") || startsWith(name, "anthropic-ratelimit-");
  }

  private static boolean startsWith(String name, String prefix) {
    return name.regionMatches(true, 0, prefix, 0, prefix.length());
  }

  /**
   * Appends the fields.
   *
   * @param now the instant of {@code standing}; Anthropic tells resets as instants
   */
  public static void add(
      List<Map.Entry<String, String>> fields, Route.Family family, Standing standing, Instant now) {
    if (standing.meters().isEmpty()) {
      return;
    }
    switch (family) {
      case OPENAI -> addOpenAi(fields, standing);
      case ANTHROPIC -> addAnthropic(fields, standing, now);
      case GEMINI -> {} // has none
    }
    addDraft(fields, standing);
  }

  /**
   * A standing that is as old as the call's admission, with what the provider has said since: never
   * more than it says, and its resets nearer by the time that has passed.
   *
   * @param said by this call's answer; null for nothing
   */
  public static Standing asOfNow(Standing standing, long ageNanos, @Nullable ProviderLimits said) {
    List<MeterStanding> meters = new ArrayList<>(standing.meters().size());
    for (MeterStanding meter : standing.meters()) {
      long limit = meter.limitPerMinute();
      long remaining = meter.remaining();
      for (ProviderLimits.Said each : said == null ? List.<ProviderLimits.Said>of() : said.said()) {
        if (each.counts() == meter.counts()) {
          limit = each.perMinute() < 0 ? limit : Math.min(limit, each.perMinute());
          remaining = each.remaining() < 0 ? remaining : Math.min(remaining, each.remaining());
        }
      }
      long reset = Math.max(0, meter.resetNanos() - Math.max(0, ageNanos));
      meters.add(new MeterStanding(meter.counts(), limit, remaining, reset));
    }
    return new Standing(standing.pool(), List.copyOf(meters));
  }

  /** {@code x-ratelimit-limit-requests: 500}, resets as Go writes durations: {@code 6m0s}. */
  private static void addOpenAi(List<Map.Entry<String, String>> fields, Standing standing) {
    boolean hasTokens = false;
    for (MeterStanding meter : standing.meters()) {
      boolean isRequests = meter.counts() == Counts.REQUESTS;
      if (!isRequests && (hasTokens || meter.counts() == Counts.OUTPUT_TOKENS)) {
        continue; // the dialect knows one figure for tokens
      }
      hasTokens |= !isRequests;
      String kind = isRequests ? "requests" : "tokens";
      fields.add(Map.entry("x-ratelimit-limit-" + kind, Long.toString(meter.limitPerMinute())));
      fields.add(Map.entry("x-ratelimit-remaining-" + kind, Long.toString(meter.remaining())));
      fields.add(Map.entry("x-ratelimit-reset-" + kind, goDuration(meter.resetNanos())));
    }
  }

  private static void addAnthropic(
      List<Map.Entry<String, String>> fields, Standing standing, Instant now) {
    for (MeterStanding meter : standing.meters()) {
      String name = "anthropic-ratelimit-" + meter.counts().label();
      Instant reset =
          now.plusNanos(meter.resetNanos() + NANOS_PER_SECOND - 1).truncatedTo(ChronoUnit.SECONDS);
      fields.add(Map.entry(name + "-limit", Long.toString(meter.limitPerMinute())));
      fields.add(Map.entry(name + "-remaining", Long.toString(meter.remaining())));
      fields.add(Map.entry(name + "-reset", reset.toString()));
    }
  }

  /**
   * The draft registers no unit for tokens, so it travels in a parameter of our own; a list of
   * items, each named after what it counts.
   */
  private static void addDraft(List<Map.Entry<String, String>> fields, Standing standing) {
    // Not String.format: it was 7 % of a small call's time.
    StringBuilder policies = new StringBuilder(160);
    StringBuilder lefts = new StringBuilder(120);
    for (MeterStanding meter : standing.meters()) {
      String label = meter.counts().label();
      if (!policies.isEmpty()) {
        policies.append(", ");
        lefts.append(", ");
      }
      policies
          .append('"')
          .append(label)
          .append("\";q=")
          .append(meter.limitPerMinute())
          .append(";w=")
          .append(WINDOW_SECONDS)
          .append(";sluice-unit=\"")
          .append(meter.counts() == Counts.REQUESTS ? "requests" : "tokens")
          .append('"');
      lefts
          .append('"')
          .append(label)
          .append("\";r=")
          .append(meter.remaining())
          .append(";t=")
          .append(Math.ceilDiv(meter.resetNanos(), NANOS_PER_SECOND));
    }
    fields.add(Map.entry("RateLimit-Policy", policies.toString()));
    fields.add(Map.entry("RateLimit", lefts.toString()));
  }

  private static String goDuration(long nanos) {
    long millis = Math.ceilDiv(nanos, NANOS_PER_MILLI);
    if (millis < 1_000) {
      return millis + "ms";
    }
    long seconds = Math.ceilDiv(millis, 1_000L);
    return seconds < 60 ? seconds + "s" : seconds / 60 + "m" + seconds % 60 + "s";
  }
}

package dev.sluice.core.telemetry;

import dev.sluice.billing.estimate.ContentClass;
import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Call records to count and to print: a usual one, with the parts that a test is about. */
final class Calls {

  static final Usage USAGE = new Usage(700, 100, 12, 0, 0, 0, 950, 50);

  private Calls() {}

  private static final CallRecord.Caching NONE = CallRecord.Caching.NONE;

  static CallRecord complete() {
    return of("gpt-5.2", "gpt-5.2-2026-01-01", Outcome.COMPLETE, "complete", UsageSource.PROVIDER);
  }

  static CallRecord of(
      @Nullable String modelAsked,
      @Nullable String modelServed,
      Outcome outcome,
      String reason,
      UsageSource source) {
    return of(
        modelAsked, modelServed, outcome, reason, source, "live", 1, "none", Cost.UNKNOWN, NONE);
  }

  static CallRecord read(String replay, int cursors, String orphan) {
    return of(
        "gpt-5.2",
        null,
        Outcome.COMPLETE,
        "complete",
        UsageSource.PROVIDER,
        replay,
        cursors,
        orphan,
        Cost.UNKNOWN,
        NONE);
  }

  static CallRecord costing(Cost cost) {
    return of(
        "gpt-5.2",
        "gpt-5.2-2026-01-01",
        Outcome.COMPLETE,
        "complete",
        UsageSource.PROVIDER,
        "live",
        1,
        "none",
        cost,
        NONE);
  }

  /** One that waited for another call to write its prefix. */
  static CallRecord follower() {
    return of(
        "gpt-5.2",
        "gpt-5.2-2026-01-01",
        Outcome.COMPLETE,
        "complete",
        UsageSource.PROVIDER,
        "live",
        1,
        "none",
        Cost.UNKNOWN,
        new CallRecord.Caching("follower", 700_000_000, 80_500_000, 0));
  }

  private static CallRecord of(
      @Nullable String modelAsked,
      @Nullable String modelServed,
      Outcome outcome,
      String reason,
      UsageSource source,
      String replay,
      int cursors,
      String orphan,
      Cost cost,
      CallRecord.Caching caching) {
    return new CallRecord(
        "7f3a",
        new TeamId("chat"),
        "k-1",
        Map.of("run-id", "r-1"),
        "openai",
        "openai.chat",
        "chat",
        "openai-main",
        modelAsked,
        modelServed,
        null,
        true,
        200,
        outcome,
        reason,
        "stream_back",
        source == UsageSource.NONE ? Usage.NONE : USAGE,
        source,
        cost,
        1_780_000_000_000L,
        0,
        420_000_000,
        31_240_000_000L,
        20_480,
        2,
        18_100_000_000L,
        true,
        replay,
        cursors,
        orphan,
        Usage.NONE,
        Cost.NONE,
        // Half of what was counted had been expected.
        new CallRecord.Metering("shared", ContentClass.PROSE, USAGE.input() / 2, 1_000),
        caching);
  }
}

package dev.sluice.billing.ledger;

import dev.sluice.billing.estimate.ContentClass;
import dev.sluice.billing.ledger.CallRecord.Metering;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What stands in a slot, field by field. What an intent says of a call is not said again when it
 * settles, unless it may have changed. A change of either list needs a new {@link
 * InFlightFile#VERSION}.
 */
final class SlotForm {

  private SlotForm() {}

  /** Tags last, as many as there is room for, each whole or not at all. */
  static void write(Intent intent, SlotBytes to) {
    to.text(intent.callId(), Place.CALL_ID)
        .text(intent.team().name(), Place.TEAM)
        .text(intent.keyId(), Place.KEY)
        .text(intent.route(), Place.ROUTE)
        .text(intent.dialect(), Place.DIALECT)
        .text(intent.operation(), Place.OPERATION)
        .text(intent.provider(), Place.PROVIDER)
        .text(intent.modelAsked(), Place.MODEL)
        .flag(intent.stream())
        .number(intent.startedEpochMillis())
        .number(intent.estimatedInput())
        .number(intent.expectedOutput())
        .number(intent.reservedTokens())
        .text(intent.pool(), Place.POOL);
    write(intent.estimatedCost(), to);
    for (Map.Entry<String, String> tag : intent.tags().entrySet()) {
      byte[] name = Place.TAG_NAME.encode(tag.getKey());
      byte[] value = Place.TAG_VALUE.encode(tag.getValue());
      if (to.room() >= name.length + value.length + 3) {
        to.flag(true)
            .text(new String(name, StandardCharsets.UTF_8), Place.TAG_NAME)
            .text(new String(value, StandardCharsets.UTF_8), Place.TAG_VALUE);
      }
    }
    to.flag(false);
  }

  static Intent intent(SlotBytes from) {
    String callId = from.text();
    TeamId team = new TeamId(from.text());
    String keyId = from.textOrNull();
    String route = from.text();
    String dialect = from.text();
    String operation = from.text();
    String provider = from.text();
    String modelAsked = from.textOrNull();
    boolean stream = from.flag();
    long started = from.number();
    long estimatedInput = from.number();
    long expectedOutput = from.number();
    long reserved = from.number();
    String pool = from.textOrNull();
    Cost cost = cost(from);
    Map<String, String> tags = new LinkedHashMap<>();
    while (from.flag()) {
      tags.put(from.text(), from.text());
    }
    return new Intent(
        callId,
        team,
        keyId,
        route,
        dialect,
        operation,
        provider,
        modelAsked,
        stream,
        tags,
        started,
        estimatedInput,
        expectedOutput,
        reserved,
        pool,
        cost);
  }

  static void write(CallRecord call, SlotBytes to) {
    to.text(call.provider(), Place.PROVIDER)
        .text(call.modelServed(), Place.MODEL)
        .text(call.serviceTier(), Place.TIER)
        .small(call.status())
        .word(call.outcome())
        .text(call.reason(), Place.REASON)
        .text(call.phase(), Place.PHASE);
    write(call.usage(), to);
    to.word(call.usageSource());
    write(call.cost(), to);
    to.number(call.queueNanos())
        .number(call.firstByteNanos())
        .number(call.totalNanos())
        .number(call.bytesToClient())
        .number(call.keepAlives())
        .number(call.longestSilenceNanos())
        .flag(call.lateError())
        .text(call.replay(), Place.REPLAY)
        .small(call.cursors())
        .text(call.orphan(), Place.ORPHAN);
    write(call.avoided(), to);
    write(call.avoidedCost(), to);
    Metering metering = call.metering();
    ContentClass content = metering.content();
    to.text(metering.pool(), Place.POOL)
        .text(content == null ? null : content.name(), Place.WORD)
        .number(metering.estimatedInput())
        .number(metering.reservedTokens());
  }

  static CallRecord settled(Intent intent, SlotBytes from) {
    return new CallRecord(
        intent.callId(),
        intent.team(),
        intent.keyId(),
        intent.tags(),
        intent.route(),
        intent.dialect(),
        intent.operation(),
        from.text(),
        intent.modelAsked(),
        from.textOrNull(),
        from.textOrNull(),
        intent.stream(),
        from.small(),
        from.word(Outcome.class),
        from.text(),
        from.text(),
        usage(from),
        from.word(UsageSource.class),
        cost(from),
        intent.startedEpochMillis(),
        from.number(),
        from.number(),
        from.number(),
        from.number(),
        from.number(),
        from.number(),
        from.flag(),
        from.text(),
        from.small(),
        from.text(),
        usage(from),
        cost(from),
        metering(from),
        CallRecord.Caching.NONE);
  }

  private static void write(Usage usage, SlotBytes to) {
    to.number(usage.uncachedInput())
        .number(usage.cacheRead())
        .number(usage.cacheWrite5m())
        .number(usage.cacheWrite30m())
        .number(usage.cacheWrite1h())
        .number(usage.cacheWrite12h())
        .number(usage.output())
        .number(usage.reasoning());
  }

  private static Usage usage(SlotBytes from) {
    return new Usage(
        from.number(),
        from.number(),
        from.number(),
        from.number(),
        from.number(),
        from.number(),
        from.number(),
        from.number());
  }

  private static void write(Cost cost, SlotBytes to) {
    to.word(cost.state())
        .number(cost.input())
        .number(cost.cacheRead())
        .number(cost.cacheWrite())
        .number(cost.output())
        .number(cost.readSaved())
        .number(cost.writeExtra())
        .text(cost.priceVersion(), Place.PRICE_VERSION);
  }

  private static Cost cost(SlotBytes from) {
    return new Cost(
        from.word(Cost.State.class),
        from.number(),
        from.number(),
        from.number(),
        from.number(),
        from.number(),
        from.number(),
        from.text());
  }

  private static Metering metering(SlotBytes from) {
    String pool = from.textOrNull();
    @Nullable String content = from.textOrNull();
    return new Metering(
        pool, content == null ? null : ContentClass.valueOf(content), from.number(), from.number());
  }
}

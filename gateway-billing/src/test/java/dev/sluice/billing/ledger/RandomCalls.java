package dev.sluice.billing.ledger;

import dev.sluice.billing.estimate.ContentClass;
import dev.sluice.billing.ledger.CallRecord.Metering;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Calls of every shape. The same generator of numbers gives the same calls. */
final class RandomCalls {

  static final long START = Instant.parse("2026-11-20T22:10:00Z").toEpochMilli();

  private static final String[] MODELS = {"gpt-5.2", "claude-haiku-4-5", "gemini-3-pro", "größer"};
  private static final String[] TAGS = {"run", "step", "conversation", "prompt"};

  private final RandomGenerator random;
  private final long startedWithinMillis;
  private long count;

  RandomCalls(RandomGenerator random, long startedWithinMillis) {
    this.random = random;
    this.startedWithinMillis = startedWithinMillis;
  }

  Intent intent() {
    return intent("call-" + count++);
  }

  Intent intent(String callId) {
    return new Intent(
        callId,
        new TeamId("team-" + random.nextInt(3)),
        random.nextInt(3) == 0 ? null : "key_" + random.nextInt(4),
        pick("chat", "messages"),
        pick("openai-chat", "anthropic-messages"),
        "chat",
        pick("openai", "anthropic"),
        maybe(pick(MODELS)),
        random.nextBoolean(),
        tags(),
        START + random.nextLong(startedWithinMillis),
        random.nextLong(50_000),
        random.nextLong(4_000),
        random.nextLong(60_000),
        maybe("pool-a"),
        cost());
  }

  /** The end of a call. */
  CallRecord settled(Intent intent) {
    return record(intent, usage(), cost(), Usage.NONE, Cost.NONE, "live");
  }

  /** A cursor on a call. */
  CallRecord read(Intent intent) {
    return record(intent, Usage.NONE, Cost.NONE, usage(), cost(), "replayed");
  }

  private CallRecord record(
      Intent intent, Usage usage, Cost cost, Usage avoided, Cost avoidedCost, String replay) {
    return new CallRecord(
        intent.callId(),
        intent.team(),
        intent.keyId(),
        intent.tags(),
        intent.route(),
        intent.dialect(),
        intent.operation(),
        pick("openai", "anthropic"),
        intent.modelAsked(),
        maybe(pick(MODELS)),
        maybe("priority"),
        intent.stream(),
        pick(200, 0, 429),
        pick(Outcome.values()),
        pick("complete", "reset"),
        "settle",
        usage,
        pick(UsageSource.values()),
        cost,
        intent.startedEpochMillis(),
        random.nextLong(1L << 40),
        random.nextBoolean() ? -1 : random.nextLong(1L << 40),
        random.nextLong(1L << 50),
        random.nextLong(1L << 30),
        random.nextLong(100),
        random.nextLong(1L << 40),
        random.nextBoolean(),
        replay,
        1 + random.nextInt(5),
        pick("none", "finished"),
        avoided,
        avoidedCost,
        new Metering(
            intent.pool(),
            random.nextBoolean() ? null : pick(ContentClass.values()),
            intent.estimatedInput(),
            intent.reservedTokens()),
        CallRecord.Caching.NONE);
  }

  private Usage usage() {
    long output = random.nextLong(5_000);
    return new Usage(
        random.nextLong(100_000),
        random.nextLong(100_000),
        random.nextLong(1_000),
        random.nextLong(1_000),
        random.nextLong(1_000),
        random.nextLong(1_000),
        output,
        random.nextLong(output + 1));
  }

  private Cost cost() {
    return switch (random.nextInt(5)) {
      case 0 -> Cost.UNKNOWN;
      case 1 -> Cost.NONE;
      case 2 -> cost(Cost.State.APPROXIMATE, "p@2026-01");
      default -> cost(Cost.State.KNOWN, "p@2026-0" + count % 3);
    };
  }

  private Cost cost(Cost.State state, String priceVersion) {
    return new Cost(state, part(), part(), part(), part(), part(), part(), priceVersion);
  }

  private long part() {
    return random.nextLong(1L << 31);
  }

  private Map<String, String> tags() {
    Map<String, String> tags = new LinkedHashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      tags.put(pick(TAGS), "v" + random.nextInt(3));
    }
    return tags;
  }

  private @Nullable String maybe(String text) {
    return random.nextInt(3) == 0 ? null : text;
  }

  private String pick(String... texts) {
    return texts[random.nextInt(texts.length)];
  }

  @SafeVarargs
  private <E extends Enum<E>> E pick(E... constants) {
    return constants[random.nextInt(constants.length)];
  }

  private int pick(int... numbers) {
    return numbers[random.nextInt(numbers.length)];
  }
}

package dev.sluice.core.config;

import dev.sluice.billing.pool.Counting;
import dev.sluice.billing.pool.Counts;
import dev.sluice.billing.pool.Lane;
import dev.sluice.billing.pool.Meter;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.team.TeamId;
import dev.sluice.core.quota.PoolRule;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a file says about providers' limits, and about the teams' shares of them. */
record PoolsDraft(Map<String, PoolDraft> pools, List<QuotaDraft> quotas) {

  private static final long NANOS_PER_MINUTE = Duration.ofMinutes(1).toNanos();

  /** Whose way of counting; {@link #AUTO}: that of whoever has the provider's host. */
  enum CountingChoice {
    AUTO(null, ""),
    OPENAI(Counting.OPENAI, "openai.com"),
    AZURE(Counting.AZURE, "azure.com"),
    ANTHROPIC(Counting.ANTHROPIC, "anthropic.com"),
    BEDROCK(Counting.BEDROCK, "amazonaws.com"),
    GEMINI(Counting.GEMINI, "googleapis.com"),
    GROQ(Counting.GROQ, "groq.com"),
    PLAIN(Counting.PLAIN, "");

    private final @Nullable Counting counting;
    private final String domain;

    CountingChoice(@Nullable Counting counting, String domain) {
      this.counting = counting;
      this.domain = domain;
    }
  }

  /**
   * @param line of the name
   */
  record PoolDraft(
      int line,
      Found<String> provider,
      FoundList<String> models,
      Found<CountingChoice> counting,
      Found<Long> requests,
      Found<Long> input,
      Found<Long> output,
      Found<Long> tokens,
      Found<Duration> burst,
      Found<Mode> mode,
      Found<Duration> maxWait,
      Found<Integer> queue) {

    List<Found<Long>> limits() {
      return List.of(tokens, input, output, requests);
    }

    /** The limit in which quotas are written: the first of them that there is. */
    Found<Long> main() {
      return limits().stream().filter(l -> l.value() > 0).findFirst().orElse(tokens);
    }

    boolean isGood() {
      return limits().stream().allMatch(Found::isGood) && burst.isGood();
    }

    /** Of a limit: what goes at once. */
    long burstOf(Found<Long> limit) {
      long units = Math.multiplyExact(limit.value(), burst.value().toMillis());
      return Math.max(1, units / Duration.ofNanos(NANOS_PER_MINUTE).toMillis());
    }

    long burstMax() {
      return burstOf(main());
    }

    /** Of a quota: what it saves up, given or by its share. */
    long burstOf(QuotaDraft quota) {
      return quota.burst.value() > 0
          ? quota.burst.value()
          : burstMax() * quota.guaranteed.value() / main().value();
    }
  }

  /**
   * @param line of the pool's name under the team's
   * @param key full name
   */
  record QuotaDraft(
      int line,
      String key,
      String team,
      String pool,
      Found<Long> guaranteed,
      Found<Long> ceiling,
      Found<Integer> weight,
      Found<Lane> lane,
      Found<Duration> maxWait,
      Found<Long> burst,
      Found<Mode> mode) {

    boolean isGood() {
      return guaranteed.isGood() && burst.isGood();
    }

    boolean isWithoutGuarantee() {
      return guaranteed.value() == 0;
    }
  }

  static PoolsDraft read(Reading file) {
    Map<String, PoolDraft> pools = new LinkedHashMap<>();
    file.names("pools").forEach((name, line) -> pools.put(name, pool(file, name, line)));
    List<QuotaDraft> quotas = new ArrayList<>();
    for (String team : file.names("teams").keySet()) {
      file.names("teams", team, "quotas")
          .forEach((pool, line) -> quotas.add(quota(file, team, pool, line, pools)));
    }
    return new PoolsDraft(pools, quotas);
  }

  private static PoolDraft pool(Reading file, String name, int line) {
    return new PoolDraft(
        line,
        file.get(Keys.POOL_PROVIDER, name),
        file.all(Keys.POOL_MODELS, name),
        file.get(Keys.POOL_COUNTING, name),
        file.get(Keys.POOL_REQUESTS, name),
        file.get(Keys.POOL_INPUT, name),
        file.get(Keys.POOL_OUTPUT, name),
        file.get(Keys.POOL_TOKENS, name),
        file.get(Keys.POOL_BURST, name),
        file.get(Keys.POOL_MODE, name),
        file.get(Keys.POOL_MAX_WAIT, name),
        file.get(Keys.POOL_QUEUE, name));
  }

  private static QuotaDraft quota(
      Reading file, String team, String pool, int line, Map<String, PoolDraft> pools) {
    Found<Duration> wait = file.get(Keys.QUOTA_MAX_WAIT, team, pool);
    PoolDraft known = pools.get(pool);
    return new QuotaDraft(
        line,
        "teams." + Shown.key(team) + ".quotas." + Shown.key(pool),
        team,
        pool,
        file.get(Keys.QUOTA_GUARANTEED, team, pool),
        file.get(Keys.QUOTA_CEILING, team, pool),
        file.get(Keys.QUOTA_WEIGHT, team, pool),
        file.get(Keys.QUOTA_LANE, team, pool),
        known == null ? wait : file.orElse(wait, known.maxWait),
        file.get(Keys.QUOTA_BURST, team, pool),
        file.get(Keys.QUOTA_MODE, team, pool));
  }

  List<QuotaDraft> quotasOf(String pool) {
    return quotas.stream().filter(q -> q.pool.equals(pool)).toList();
  }

  // ---- building

  /**
   * @param baseUrlOf provider name → where it is
   */
  List<PoolRule> build(Function<String, URI> baseUrlOf) {
    List<PoolRule> rules = new ArrayList<>();
    pools.forEach(
        (name, pool) ->
            rules.add(
                new PoolRule(
                    pool.provider.value(),
                    pool.models.values(),
                    settings(name, pool, baseUrlOf.apply(pool.provider.value())))));
    return rules;
  }

  /** What is wrong with a pool whose numbers are right one by one: shares that round to nothing. */
  @Nullable String fault(String name) {
    try {
      settings(name, Objects.requireNonNull(pools.get(name)), URI.create("http://127.0.0.1"));
      return null;
    } catch (IllegalArgumentException unkept) {
      return unkept.getMessage();
    }
  }

  private PoolSettings settings(String name, PoolDraft pool, URI baseUrl) {
    List<Meter> meters = new ArrayList<>();
    add(meters, Counts.TOTAL_TOKENS, pool, pool.tokens);
    add(meters, Counts.INPUT_TOKENS, pool, pool.input);
    add(meters, Counts.OUTPUT_TOKENS, pool, pool.output);
    add(meters, Counts.REQUESTS, pool, pool.requests);
    Map<TeamId, Quota> shares = new LinkedHashMap<>();
    for (QuotaDraft quota : quotasOf(name)) {
      shares.put(
          new TeamId(quota.team),
          new Quota(
              quota.guaranteed.value(),
              quota.ceiling.value(),
              quota.weight.value(),
              quota.lane.value(),
              quota.maxWait.value(),
              quota.burst.value(),
              quota.mode.value()));
    }
    Quota others = new Quota(0, 0, 1, Lane.INTERACTIVE, pool.maxWait.value(), 0, Mode.ENFORCE);
    return new PoolSettings(
        name,
        meters,
        counting(pool.counting.value(), baseUrl),
        pool.mode.value(),
        shares,
        others,
        pool.queue.value());
  }

  private static void add(List<Meter> meters, Counts counts, PoolDraft pool, Found<Long> limit) {
    if (limit.value() > 0) {
      meters.add(new Meter(counts, limit.value(), pool.burstOf(limit)));
    }
  }

  private static Counting counting(CountingChoice said, URI baseUrl) {
    if (said.counting != null) {
      return said.counting;
    }
    String host = String.valueOf(baseUrl.getHost()).toLowerCase(Locale.ROOT);
    for (CountingChoice each : CountingChoice.values()) {
      if (each.counting != null && !each.domain.isEmpty() && isWithin(host, each.domain)) {
        return each.counting;
      }
    }
    return Counting.PLAIN;
  }

  private static boolean isWithin(String host, String domain) {
    return host.equals(domain) || host.endsWith("." + domain);
  }
}

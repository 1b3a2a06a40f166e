package dev.sluice.core.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.admission.Admission;
import dev.sluice.billing.admission.Pool;
import dev.sluice.billing.pool.Counting;
import dev.sluice.billing.pool.Counts;
import dev.sluice.billing.pool.Lane;
import dev.sluice.billing.pool.Meter;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PoolsTest {

  private static PoolRule rule(String name, String provider, String... models) {
    return new PoolRule(
        provider,
        List.of(models),
        new PoolSettings(
            name,
            List.of(new Meter(Counts.TOTAL_TOKENS, 60_000, 10_000)),
            Counting.PLAIN,
            Mode.ENFORCE,
            Map.of(),
            new Quota(0, 0, 1, Lane.INTERACTIVE, Duration.ofSeconds(1), 0, Mode.ENFORCE),
            10));
  }

  private static Pools pools(PoolRule... rules) {
    Admission admission =
        new Admission(
            List.of(rules).stream().map(PoolRule::settings).toList(), () -> 0, (at, what) -> {});
    return new Pools(List.of(rules), admission);
  }

  private static @Nullable String name(@Nullable Pool pool) {
    return pool == null ? null : pool.name();
  }

  @Test
  void aModelBelongsToTheFirstPoolOfItsProviderThatNamesIt() {
    Pools pools =
        pools(
            rule("sonnet", "anthropic", "claude-sonnet-*", "claude-4-sonnet"),
            rule("rest", "anthropic"),
            rule("mini", "openai", "*-mini"));
    assertThat(name(pools.of("anthropic", "claude-sonnet-5"))).isEqualTo("sonnet");
    assertThat(name(pools.of("anthropic", "claude-opus-5"))).isEqualTo("rest");
    assertThat(name(pools.of("anthropic", null))).isEqualTo("rest");
    assertThat(name(pools.of("openai", "gpt-5-mini"))).isEqualTo("mini");
    assertThat(pools.of("openai", "gpt-5")).isNull();
    assertThat(pools.of("openai", null)).isNull();
    assertThat(pools.of("gemini", "gemini-3")).isNull();
    assertThat(pools.isMetered("openai")).isTrue();
    assertThat(pools.isMetered("gemini")).isFalse();
  }

  @Test
  void aChangeIsInEffectForTheNextCallAndPoolsThatStayAreTheSame() {
    Pools pools = pools(rule("a", "openai", "gpt-*"), rule("b", "openai"));
    Pool before = pools.of("openai", "gpt-5");
    pools.apply(List.of(rule("a", "openai", "o4-*"), rule("c", "gemini")));
    assertThat(pools.of("openai", "o4-mini")).isSameAs(before);
    assertThat(pools.of("openai", "gpt-5")).isNull();
    assertThat(name(pools.of("gemini", "gemini-3"))).isEqualTo("c");
  }
}

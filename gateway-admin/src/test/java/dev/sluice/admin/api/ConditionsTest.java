package dev.sluice.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.account.Condition;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionsTest {

  private static Conditions of(String... fields) {
    return Conditions.of(Asked.get("/x", "", fields));
  }

  @Test
  void fieldsBecomeConditions() {
    assertThat(of().condition()).isEqualTo(Condition.NONE);
    assertThat(of("If-Match", "*").condition()).isEqualTo(Condition.THERE);
    assertThat(of("If-None-Match", "*").condition()).isEqualTo(Condition.NEW);
    assertThat(of("If-Match", "\"7\"").condition()).isEqualTo(Condition.has(Set.of("7")));
    assertThat(of("If-Match", "\"7\" ,\"file-ab\"", "If-Match", "\"8\"").condition())
        .isEqualTo(Condition.has(Set.of("7", "8", "file-ab")));
    assertThat(of("If-Match", Conditions.etag("7")).condition())
        .isEqualTo(Condition.has(Set.of("7")));
  }

  @Test
  void aWeakTagMatchesNothing() {
    Conditions weak = of("If-Match", "W/\"7\"");
    assertThat(weak.refusal()).isNull();
    assertThat(weak.condition()).isEqualTo(Condition.has(Set.of()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"7", "\"7", "7\"", "\"7\" \"8\"", "\"7\", x", "", "\"7\",,\"8\"", "'7'"})
  void whatIsNoTagIsRefused(String match) {
    AdminAnswer refusal = Objects.requireNonNull(of("If-Match", match).refusal());
    assertThat(refusal.status()).isEqualTo(400);
    assertThat(Asked.text(refusal)).contains("bad_header");
  }

  @Test
  void otherUsesAreRefused() {
    assertThat(of("If-None-Match", "\"7\"").refusal()).isNotNull();
    assertThat(of("If-None-Match", "*", "If-Match", "*").refusal()).isNotNull();
  }
}

package dev.sluice.core.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.team.TeamId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdentityRuleTest {

  private static final CallScope SCOPE = new CallScope(new TeamId("chat"), 0);

  private final Fingerprinter fingerprinter = new Fingerprinter(new Random(1));
  private final IdentityRule rule =
      new IdentityRule(List.of("Idempotency-Key", "X-Request-Id", "OpenAI-Attempt"), fingerprinter);

  private CallIdentity of(String... namesAndValues) {
    HttpHeaders headers = headers(namesAndValues);
    ByteBuf body = Unpooled.wrappedBuffer(new byte[] {'{', '}'});
    return rule.of(SCOPE, "POST", "/v1/chat/completions", headers, body);
  }

  private static HttpHeaders headers(String... namesAndValues) {
    // Unchecked: white space around a value is the rule's to bear.
    HttpHeaders headers =
        DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return headers;
  }

  private static String idOf(CallIdentity identity) {
    assertThat(identity).isInstanceOf(CallIdentity.Named.class);
    return ((CallIdentity.Named) identity).id();
  }

  @Test
  void theFirstOfTheFieldsThatHoldsAnIdCounts() {
    assertThat(idOf(of("x-request-id", "b", "idempotency-key", "a"))).isEqualTo("a");
    assertThat(idOf(of("x-request-id", "b"))).isEqualTo("b");
    assertThat(idOf(of("x-request-id", "b", "idempotency-key", "  "))).isEqualTo("b");
    assertThat(idOf(of("x-request-id", " a b\t"))).isEqualTo("a b");
    assertThat(of("idempotency-key", "")).isInstanceOf(CallIdentity.Anonymous.class);
    assertThat(rule.namedId(headers("x-client-request-id", "c"))).isNull();
  }

  @Test
  void anIdIsStrongerThanTheMarkOfARetry() {
    assertThat(idOf(of("x-stainless-retry-count", "1", "x-request-id", "a"))).isEqualTo("a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "2", "10", " 1 ", "99999999999999999999"})
  void aMarkedRetryIsOne(String count) {
    assertThat(of("x-stainless-retry-count", count)).isInstanceOf(CallIdentity.Retry.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "00", "", " ", "-1", "1.5", "yes", "\u0661"})
  void anythingElseIsNoMark(String count) {
    assertThat(of("x-stainless-retry-count", count)).isInstanceOf(CallIdentity.Anonymous.class);
  }

  @Test
  void anAttemptAndItsRetryAskTheSame() {
    Fingerprint first = of("x-stainless-retry-count", "0").fingerprint();
    assertThat(of("x-stainless-retry-count", "1").fingerprint()).isEqualTo(first);
    assertThat(of("x-request-id", "a").fingerprint()).isEqualTo(first);
  }

  @Test
  void anIdIsNotPartOfWhatIsAskedWhateverItsFieldIsCalled() {
    assertThat(of("x-request-id", "a", "openai-attempt", "1"))
        .isEqualTo(of("x-request-id", "a", "openai-attempt", "2"));
    assertThat(of("openai-beta", "1")).isNotEqualTo(of("openai-beta", "2"));
  }

  @Test
  void longIdsAreStillDifferentIdsAndAreNotKeptWhole() {
    String a = idOf(of("x-request-id", "x".repeat(30_000) + "a"));
    String b = idOf(of("x-request-id", "x".repeat(30_000) + "b"));
    assertThat(a).isNotEqualTo(b).hasSizeLessThanOrEqualTo(255);
    assertThat(b).hasSizeLessThanOrEqualTo(255);
    assertThat(idOf(of("x-request-id", "x".repeat(255)))).isEqualTo("x".repeat(255));
  }
}

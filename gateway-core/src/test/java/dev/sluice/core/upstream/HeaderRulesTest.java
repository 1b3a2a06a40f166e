package dev.sluice.core.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HeaderRulesTest {
  private static final List<String> KEYS = List.of("authorization", "x-api-key");

  private static HttpHeaders fields(String... namesAndValues) {
    HttpHeaders headers = new DefaultHttpHeaders();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return headers;
  }

  private static HttpHeaders unchecked() {
    return DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
  }

  private static @Nullable String clientSees(List<Map.Entry<String, String>> fields, String name) {
    List<String> values =
        fields.stream()
            .filter(field -> field.getKey().equalsIgnoreCase(name))
            .map(Map.Entry::getValue)
            .toList();
    return values.isEmpty() ? null : String.join(" | ", values);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Connection",
        "Keep-Alive",
        "Proxy-Authorization",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "HTTP2-Settings",
        "Host",
        "Content-Length",
        "Expect",
        "Sluice-Route",
        "SLUICE-X",
        "Forwarded",
        "X-Forwarded-For",
        "x-forwarded-proto",
        "X-Real-IP",
        "Via",
        "True-Client-IP",
        "CF-Connecting-IP",
        "Authorization",
        "x-api-KEY"
      })
  void aFieldThatIsNotTheProvidersStaysHere(String name) {
    HttpHeaders out = HeaderRules.forUpstream(fields(name, "v", "Other", "w"), KEYS, false);
    assertThat(out.contains(name)).isFalse();
    assertThat(out.get("Other")).isEqualTo("w");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "anthropic-version",
        "anthropic-beta",
        "Content-Type",
        "User-Agent",
        "x-stainless-lang",
        "OpenAI-Organization",
        "Accept",
        "Idempotency-Key",
        "traceparent",
        "proxy",
        "sluice"
      })
  void anythingElseGoesToTheProvider(String name) {
    HttpHeaders out = HeaderRules.forUpstream(fields(name, "v1", name, "v2"), KEYS, false);
    assertThat(out.getAll(name)).containsExactly("v1", "v2");
  }

  @Test
  void aCompressedAnswerIsNeverAskedFor() {
    HttpHeaders out = HeaderRules.forUpstream(fields("Accept-Encoding", "gzip, br"), KEYS, false);
    assertThat(out.getAll("accept-encoding")).containsExactly("identity");
    assertThat(HeaderRules.forUpstream(fields(), KEYS, false).getAll("accept-encoding"))
        .containsExactly("identity");
  }

  @Test
  void theClientsKeyGoesOnOnlyWhereItIsTheProviders() {
    HttpHeaders in = fields("Authorization", "Bearer k");
    assertThat(HeaderRules.forUpstream(in, KEYS, true).get("authorization")).isEqualTo("Bearer k");
    assertThat(HeaderRules.forUpstream(in, KEYS, false).contains("authorization")).isFalse();
  }

  @Test
  void whatConnectionNamesEndsHere() {
    HttpHeaders in = fields("Connection", "close, X-Hop ,,x-other", "x-hop", "1", "X-Other", "2");
    HttpHeaders up = HeaderRules.forUpstream(in, KEYS, false);
    assertThat(up.contains("x-hop")).isFalse();
    assertThat(up.contains("x-other")).isFalse();
    List<Map.Entry<String, String>> down = HeaderRules.forClient(in, "c", false);
    assertThat(clientSees(down, "x-hop")).isNull();
    assertThat(clientSees(down, "x-other")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Connection",
        "Keep-Alive",
        "Proxy-Authenticate",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Content-Length",
        "Alt-Svc",
        "Sluice-Anything"
      })
  void aFieldOfOneConnectionDoesNotReachTheClient(String name) {
    List<Map.Entry<String, String>> out =
        HeaderRules.forClient(fields(name, "v", "X-Ratelimit-Limit", "5"), "c", false);
    assertThat(clientSees(out, name)).isNull();
    assertThat(clientSees(out, "x-ratelimit-limit")).isEqualTo("5");
  }

  @Test
  void bothSpellingsOfTheRequestIdAreThere() {
    var openAi = HeaderRules.forClient(fields("x-request-id", "req_1"), "call-7", false);
    assertThat(clientSees(openAi, "x-request-id")).isEqualTo("req_1");
    assertThat(clientSees(openAi, "request-id")).isEqualTo("req_1");
    var anthropic = HeaderRules.forClient(fields("Request-Id", "req_2"), "call-7", false);
    assertThat(clientSees(anthropic, "x-request-id")).isEqualTo("req_2");
    assertThat(clientSees(anthropic, "request-id")).isEqualTo("req_2");
    var both = HeaderRules.forClient(fields("x-request-id", "a", "request-id", "b"), "c", false);
    assertThat(clientSees(both, "x-request-id")).isEqualTo("a");
    assertThat(clientSees(both, "request-id")).isEqualTo("b");
    var none = HeaderRules.forClient(fields(), "call-7", false);
    assertThat(clientSees(none, "x-request-id")).isEqualTo("call-7");
    assertThat(clientSees(none, "request-id")).isEqualTo("call-7");
    assertThat(clientSees(none, "sluice-request-id")).isEqualTo("call-7");
  }

  @Test
  void aStreamTellsIntermediariesNotToBuffer() {
    HttpHeaders in = fields("Cache-Control", "no-cache", "X-Accel-Buffering", "yes");
    var stream = HeaderRules.forClient(in, "c", true);
    assertThat(clientSees(stream, "cache-control")).isEqualTo("no-cache, no-transform");
    assertThat(clientSees(stream, "x-accel-buffering")).isEqualTo("no");
    var other = HeaderRules.forClient(in, "c", false);
    assertThat(clientSees(other, "cache-control")).isEqualTo("no-cache");
  }

  @Test
  void aFieldThatWouldEndItsLineIsRefused() {
    HttpHeaders valued = unchecked();
    valued.add("x-key", "a\r\nx-evil: 1");
    assertThatThrownBy(() -> HeaderRules.requireSafeFields(valued))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("evil");
    HttpHeaders named = unchecked();
    named.add("x\nevil", "a");
    assertThatThrownBy(() -> HeaderRules.requireSafeFields(named))
        .isInstanceOf(IllegalArgumentException.class);
    HeaderRules.requireSafeFields(fields("x-a", "tab\there, ümlaut"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "v1", "/v1 HTTP/1.1", "/v1\r\nx: y", "/\u007f", "/ü"})
  void aTargetThatWouldEndTheRequestLineIsRefused(String target) {
    assertThatThrownBy(() -> HeaderRules.requireSafeTarget(target))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

package dev.sluice.core.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Goal: keys are found where SDKs put them, and go where providers look. */
class DialectTest {

  private static final Dialect CHAT = new OpenAiChat();
  private static final Dialect RESPONSES = new OpenAiResponses();
  private static final Dialect MESSAGES = new AnthropicMessages(AnthropicMessages.Kind.MESSAGES);
  private static final Dialect GENERATE = new Gemini(Gemini.Kind.GENERATE);

  private static Dialect dialect(String name) {
    return switch (name) {
      case "openai" -> CHAT;
      case "anthropic" -> MESSAGES;
      default -> GENERATE;
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "openai    | authorization: Bearer k1                       | -             | k1",
        "openai    | Authorization: bearer   k1                     | -             | k1",
        "openai    | authorization: Basic k1                        | -             | -",
        "openai    | authorization: Bearer                          | -             | -",
        "openai    | authorization: Bearerk1                        | -             | -",
        "openai    | x-api-key: k1                                  | -             | -",
        "openai    | authorization: Bearer a; authorization: Bearer b | -           | -",
        "anthropic | x-api-key: k1                                  | -             | k1",
        "anthropic | authorization: Bearer k1                       | -             | k1",
        "anthropic | x-api-key: k1; authorization: Bearer k2        | -             | k1",
        "gemini    | x-goog-api-key: k1                             | key=k2        | k1",
        "gemini    | -                                              | key=k2        | k2",
        "gemini    | -                                              | alt=sse&key=k%2D2 | k-2",
        "gemini    | -                                              | key=a&key=b   | -",
        "gemini    | -                                              | key=          | -",
        "gemini    | -                                              | monkey=a      | -",
        "gemini    | -                                              | key=%zz       | %zz",
        "gemini    | authorization: Bearer k3                       | alt=sse       | k3",
      })
  void aClientsKeyIsFoundWhereSdksPutIt(
      String dialect, @Nullable String fields, @Nullable String query, @Nullable String key) {
    assertThat(dialect(dialect).clientKey(headers(fields), query == null ? "" : query))
        .isEqualTo(key);
  }

  private static HttpHeaders headers(@Nullable String fields) {
    var headers = new DefaultHttpHeaders();
    if (fields != null) {
      for (var field : fields.split("; ", -1)) {
        var colon = field.indexOf(':');
        headers.add(field.substring(0, colon), field.substring(colon + 1).strip());
      }
    }
    return headers;
  }

  @ParameterizedTest
  @CsvSource({
    "openai, authorization, Bearer pk",
    "anthropic, x-api-key, pk",
    "gemini, x-goog-api-key, pk"
  })
  void theProvidersKeyReplacesEveryKeyOfTheClient(String name, String field, String value) {
    var headers =
        headers(
            "Authorization: Bearer c1; x-api-key: c2; X-Goog-Api-Key: c3; api-key: c4;"
                + " anthropic-version: 2026-10-21; anthropic-beta: b");
    var dialect = dialect(name);
    dialect.keyFields().forEach(headers::remove);
    dialect.putProviderKey(headers, "pk");
    assertThat(headers.get(field)).isEqualTo(value);
    assertThat(headers.names())
        .containsExactlyInAnyOrder(field, "anthropic-version", "anthropic-beta");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1beta/models/m:generateContent?key=k         | /v1beta/models/m:generateContent",
        "/v1beta/models/m:generateContent?key=k&alt=sse | /v1beta/models/m:generateContent?alt=sse",
        "/v1beta/models/m:generateContent?alt=sse&key=k | /v1beta/models/m:generateContent?alt=sse",
        "/m?a=1&key=k&b=2&key=l                         | /m?a=1&b=2",
        "/m?monkey=1                                    | /m?monkey=1",
        "/m?a=%6Bey=k                                   | /m?a=%6Bey=k",
        "/m?%6Bey=k&a=1                                 | /m?a=1",
        "/key=k/m?a=1                                   | /key=k/m?a=1",
        "/m                                             | /m",
      })
  void aKeyInTheQueryIsRemoved(String target, String without) {
    assertThat(GENERATE.withoutClientKey(target)).isEqualTo(without);
    assertThat(CHAT.withoutClientKey(target)).isEqualTo(target);
  }

  @Test
  void eachDialectHasItsOwnKeepAlive() {
    var ping = Objects.requireNonNull(MESSAGES.keepAliveForm().nativeEvent());
    assertThat(new String(ping, StandardCharsets.UTF_8))
        .isEqualTo("event: ping\ndata: {\"type\": \"ping\"}\n\n");
    assertThat(MESSAGES.keepAliveForm().bareCommentAfterId()).isFalse();
    for (var openAi : new Dialect[] {CHAT, RESPONSES}) {
      assertThat(openAi.keepAliveForm().nativeEvent()).isNull();
      assertThat(openAi.keepAliveForm().bareCommentAfterId()).isTrue();
    }
    assertThat(GENERATE.keepAliveForm().nativeEvent()).isNull();
    assertThat(GENERATE.keepAliveForm().bareCommentAfterId()).isFalse();
  }
}

package dev.sluice.core.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.dialect.Refusal.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** Goal: every refusal, as a body and as an event, is what the dialect's SDKs know. */
class EnvelopesGoldenTest {

  private static final JsonMapper JSON = new JsonMapper();

  private static final List<Dialect> DIALECTS =
      List.of(
          new OpenAiChat(),
          new OpenAiResponses(),
          new AnthropicMessages(AnthropicMessages.Kind.MESSAGES),
          new Gemini(Gemini.Kind.GENERATE));

  private static final List<Refusal> REFUSALS =
      List.of(
          Refusal.invalid("invalid_json", "The body is not valid JSON at byte 7."),
          new Refusal(401, Kind.AUTHENTICATION, "invalid_api_key", "No such key.", false, -1),
          new Refusal(403, Kind.PERMISSION, "model_not_allowed", "Not this model.", false, -1),
          new Refusal(404, Kind.NOT_FOUND, "unknown_path", "No route.", false, -1),
          new Refusal(413, Kind.TOO_LARGE, "body_too_large", "Too large.", false, -1),
          new Refusal(429, Kind.RATE_LIMIT, "team_ceiling", "Too many.", true, 4_000),
          new Refusal(503, Kind.GATEWAY, "draining", "Shutting down.", true, 1_000),
          new Refusal(502, Kind.UPSTREAM, "upstream_reset", "The provider broke off.", true, -1),
          new Refusal(503, Kind.UPSTREAM, "upstream_unreachable", "No connection.", true, -1),
          new Refusal(504, Kind.TIMEOUT, "first_byte_timeout", "No answer in time.", true, -1));

  @Test
  void refusalsWearTheEnvelopesOfTheProviders() throws IOException {
    var text = new StringBuilder();
    for (var dialect : DIALECTS) {
      text.append("== ").append(dialect.name()).append('\n');
      for (var refusal : REFUSALS) {
        text.append(utf8(dialect.envelope(refusal, "req_1"))).append('\n');
      }
      for (var refusal : REFUSALS.subList(5, 10)) {
        text.append(utf8(dialect.streamError(refusal, "req_1", 42)));
      }
    }
    assertThat(text.toString()).isEqualTo(golden());
  }

  @Test
  void whateverAMessageHoldsIsEscaped() {
    var message = "a \"quote\", a \\ backslash,\nline \u0001 é 😀 \ud800 \u2028";
    var refusal = Refusal.invalid("invalid_json", message);
    for (var dialect : DIALECTS) {
      var body = dialect.envelope(refusal, "req \"1\"");
      var error = JSON.readTree(body).get("error");
      assertThat(error.get("message").asString()).startsWith(message.replace('\ud800', '?'));

      var event = utf8(dialect.streamError(refusal, "req_1", 0));
      assertThat(event).endsWith("\n\n");
      var data = event.substring(event.indexOf("data: ") + 6);
      assertThat(data.indexOf('\n')).as("one line of data").isEqualTo(data.length() - 2);
      assertThat(JSON.readTree(data).has("error")).isTrue();
    }
  }

  /** Our own error events are errors to our own readers: nobody else's form slipped in. */
  @Test
  void anErrorEventIsReadAsOne() {
    for (var dialect : DIALECTS) {
      var reader = dialect.newUsageReader(true);
      var event = dialect.streamError(REFUSALS.getLast(), "req_1", 3);
      Pieces.show(
          event, buffer -> reader.onEvent(buffer, buffer.readerIndex(), buffer.writerIndex()));
      assertThat(reader.errorInBody()).as(dialect.name()).isNotNull();
      assertThat(reader.isComplete()).isTrue();
    }
  }

  private static String golden() throws IOException {
    try (var in = EnvelopesGoldenTest.class.getResourceAsStream("/dialect/envelopes.txt")) {
      return utf8(Objects.requireNonNull(in).readAllBytes());
    }
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}

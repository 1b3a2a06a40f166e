package dev.sluice.core.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.core.dialect.Route.Family;
import dev.sluice.core.dialect.Routes.Found;
import dev.sluice.core.dialect.Routes.NotFound;
import dev.sluice.core.dialect.Routes.Streams;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: each path that an SDK asks for finds its dialect, and no other path slips through. */
class RoutesTest {

  private static final Routes ROUTES =
      new Routes(
          List.of(
              new Route("openai", "", Family.OPENAI),
              new Route("anthropic", "", Family.ANTHROPIC),
              new Route("gemini", "", Family.GEMINI),
              new Route("groq", "/groq", Family.OPENAI),
              new Route("groq-eu", "/groq/eu", Family.OPENAI),
              new Route("claude", "/claude", Family.ANTHROPIC),
              new Route("google", "/google", Family.GEMINI)));

  private static HttpHeaders fields(@Nullable String fields) {
    var headers = new DefaultHttpHeaders();
    for (var name : (fields == null ? "" : fields).split(" ", -1)) {
      if (!name.isEmpty()) {
        headers.add(name, "x");
      }
    }
    return headers;
  }

  private static Found found(String method, String target, @Nullable String fields) {
    var match = ROUTES.find(HttpMethod.valueOf(method), target, fields(fields));
    assertThat(match).as(target).isInstanceOf(Found.class);
    return (Found) match;
  }

  private static NotFound notFound(Routes routes, String target, @Nullable String fields) {
    var match = routes.find(HttpMethod.POST, target, fields(fields));
    assertThat(match).as(target).isInstanceOf(NotFound.class);
    return (NotFound) match;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // OpenAI
        "POST | /v1/chat/completions          |                   | openai    | openai.chat",
        "POST | /v1/chat/completions?a=b      |                   | openai    | openai.chat",
        "POST | /v1/chat/completions/         |                   | openai    | openai.chat",
        "POST | /v1/ch%61t/completions        |                   | openai    | openai.chat",
        "POST | /v1/chat%2Fcompletions        |                   | openai    | openai.chat",
        "POST | /v1/chat/completions          | x-api-key         | openai    | openai.chat",
        "GET  | /v1/chat/completions          |                   | openai    | openai.other",
        "POST | /v1/responses                 |                   | openai    | openai.responses",
        "POST | /v1/responses                 | anthropic-version | openai    | openai.responses",
        "GET  | /v1/responses/resp_1          |                   | openai    | openai.other",
        "POST | /v1/responses/input_tokens    |                   | openai    | openai.other",
        "POST | /v1/responses/resp_1/cancel   |                   | openai    | openai.other",
        "POST | /v1/embeddings                |                   | openai    | openai.embeddings",
        "POST | /v1/completions               |                   | openai    | openai.other",
        "GET  | /v1/models                    |                   | openai    | openai.other",
        "GET  | /v1/models/ft:gpt-6:acme::a1  |                   | openai    | openai.other",
        "DELETE | /v1/models/ft:gpt-6:acme::a1 |                  | openai    | openai.other",
        // Anthropic
        "POST | /v1/messages                  |                   | anthropic | anthropic.messages",
        "POST | /v1/messages?beta=true        |                   | anthropic | anthropic.messages",
        "POST | /v1/messages/count_tokens     |                   | anthropic |"
            + " anthropic.count_tokens",
        "POST | /v1/messages/batches          |                   | anthropic | anthropic.other",
        "GET  | /v1/messages/batches/b_1      |                   | anthropic | anthropic.other",
        "POST | /v1/complete                  |                   | anthropic | anthropic.other",
        "POST | /messages                     |                   | anthropic | anthropic.messages",
        "POST | /messages/count_tokens        |                   | anthropic |"
            + " anthropic.count_tokens",
        "GET  | /v1/models                    | anthropic-version | anthropic | anthropic.other",
        "GET  | /v1/models                    | x-api-key         | anthropic | anthropic.other",
        // Gemini
        "POST | /v1beta/models/m:generateContent | | gemini | gemini.generate",
        "POST | /v1beta/models/m%3AgenerateContent | | gemini | gemini.generate",
        "POST | /v1beta/models%2Fm:generateContent | | gemini | gemini.generate",
        "POST | /v1beta/models/m:streamGenerateContent?alt=sse | | gemini | gemini.generate",
        "POST | /v1/models/m:generateContent  |                   | gemini    | gemini.generate",
        "POST | /v1/models/m:generateContent  | x-api-key         | gemini    | gemini.generate",
        "POST | /v1beta/tunedModels/m:generateContent | | gemini | gemini.generate",
        "POST | /v1beta/models/m:countTokens  |                   | gemini    | gemini.other",
        "POST | /v1beta/interactions          |                   | gemini    | gemini.other",
        "GET  | /v1beta/models                |                   | gemini    | gemini.other",
        "GET  | /v1beta/models/m:generateContent | | gemini | gemini.other",
        "POST | /upload/v1beta/files          |                   | gemini    | gemini.other",
        "GET  | /v1/models                    | x-goog-api-key    | gemini    | gemini.other",
        "GET  | /v1/models?pageSize=5&key=k   |                   | gemini    | gemini.other",
        "POST | /v1beta/openai/chat/completions | | gemini | openai.chat",
        // a prefix decides, whatever the fields say
        "POST | /groq/v1/chat/completions     | x-api-key         | groq      | openai.chat",
        "POST | /groq/chat/completions        |                   | groq      | openai.chat",
        "POST | /groq/openai/v1/chat/completions | | groq | openai.chat",
        "POST | /groq/responses               |                   | groq      | openai.responses",
        "POST | /groq/embeddings              |                   | groq      | openai.embeddings",
        "POST | /groq/v1/messages             |                   | groq      | openai.other",
        "POST | /groq/eu/chat/completions     |                   | groq-eu   | openai.chat",
        "POST | /groq/europe/chat/completions |                   | groq      | openai.chat",
        "POST | /claude/v1/messages           |                   | claude    | anthropic.messages",
        "POST | /claude/messages              |                   | claude    | anthropic.messages",
        "POST | /google/v1beta/models/m:streamGenerateContent | | google | gemini.generate",
        "POST | /google/models/m:generateContent | | google | gemini.generate",
      })
  void aPathFindsItsDialect(
      String method, String target, @Nullable String fields, String route, String dialect) {
    var found = found(method, target, fields);
    assertThat(found.route().name()).isEqualTo(route);
    assertThat(found.dialect().name()).isEqualTo(dialect);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/chat/completions?x=1&y=%20       | /v1/chat/completions?x=1&y=%20",
        "/v1/ch%61t/completions               | /v1/ch%61t/completions",
        "/groq/v1/chat/completions?x=/groq    | /v1/chat/completions?x=/groq",
        "/groq/chat/completions               | /chat/completions",
        "/messages?beta=true                  | /v1/messages?beta=true",
        "/messages/count_tokens               | /v1/messages/count_tokens",
        "/claude/messages                     | /v1/messages",
        "/claude/v1/messages                  | /v1/messages",
        "/v1beta/models/a%2Fb:generateContent | /v1beta/models/a%2Fb:generateContent",
        "http://evil.example/v1/responses?a=b | /v1/responses?a=b",
        "HTTPS://evil.example:1/v1/responses  | /v1/responses",
        "https://u@evil.example/groq/v1/x     | /v1/x",
      })
  void whatIsSentIsWhatTheClientWroteLessThePrefix(String target, String sent) {
    assertThat(found("POST", target, null).target()).isEqualTo(sent);
  }

  @Test
  void geminiNamesModelAndStreamInThePath() {
    var stream = found("POST", "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", null);
    assertThat(stream.modelInPath()).isEqualTo("gemini-2.5-pro");
    assertThat(stream.streamInPath()).isTrue();
    assertThat(stream.query()).isEqualTo("alt=sse");
    var whole = found("POST", "/v1/models/gemini%2D2.5-pro:generateContent", null);
    assertThat(whole.modelInPath()).as("as the provider resolves it").isEqualTo("gemini-2.5-pro");
    assertThat(whole.streamInPath()).isFalse();
    assertThat(found("POST", "/v1beta/tunedModels/t-1:generateContent", null).modelInPath())
        .isEqualTo("tunedModels/t-1");
    assertThat(found("POST", "/v1beta/models/a%2Fb:countTokens", null).modelInPath())
        .isEqualTo("a/b");
    assertThat(found("POST", "/v1beta/models/:generateContent", null).modelInPath()).isNull();
    assertThat(found("POST", "/v1/chat/completions", null).modelInPath()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "v1/chat/completions",
        "*",
        "host:443",
        "",
        "?x",
        "//v1/chat/completions",
        "/v1//chat/completions",
        "/v1/%2Fchat/completions",
        "/v1/../admin",
        "/v1/..",
        "/v1/./chat",
        "/..",
        "/v1/%2e%2e/admin",
        "/v1/%2E./admin",
        "/v1/..%2fadmin",
        "/v1/x%2f..%2fadmin",
        "/v1/..;a/admin",
        "/v1\\chat",
        "/v1/%5c..%5cadmin",
        "/v1/chat completions",
        "/v1/chat\tcompletions",
        "/v1/chat\r\nX: y",
        "/v1/é",
        "/v1/chat\u007f",
        "/v1/chat%00",
        "/v1/chat%0d%0a",
        "/v1/chat%7f",
        "/v1/chat%",
        "/v1/chat%4",
        "/v1/chat%zz",
        "/v1/chat#x",
        "/v1/chat?x=\u0001",
        "/v1/chat?x=é",
        "http://host//v1",
      })
  void aTargetThatCouldBeReadInTwoWaysIsRefused(String target) {
    var match = notFound(ROUTES, target, null);
    assertThat(match.refusal().status()).isEqualTo(400);
    assertThat(match.refusal().code()).isEqualTo("invalid_target");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/                    |                   | openai.other",
        "/foo                 |                   | openai.other",
        "/v1                  |                   | openai.other",
        "/chat/completions    |                   | openai.other",
        "/foo                 | x-api-key         | anthropic.other",
        "/foo                 | anthropic-version | anthropic.other",
        "/foo                 | x-goog-api-key    | gemini.other",
        "/foo?key=k           |                   | gemini.other",
        "/groq                |                   | openai.other",
        "/groq/               |                   | openai.other",
        "/claude              |                   | anthropic.other",
        "/groqq/v1/responses  |                   | openai.other",
        "/%67roq/v1/responses |                   | openai.other",
        "http://host          |                   | openai.other",
      })
  void anUnknownPathNamesWhatExists(String target, @Nullable String fields, String nearest) {
    var match = notFound(ROUTES, target, fields);
    assertThat(match.refusal().status()).isEqualTo(404);
    assertThat(match.refusal().code()).isEqualTo("unknown_path");
    assertThat(match.refusal().message())
        .contains("/v1/chat/completions", "/v1/messages", "/v1beta/models", "/groq", "/claude")
        .doesNotContain("key=k");
    assertThat(match.nearest().name()).isEqualTo(nearest);
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions, OPENAI, openai.chat",
    "/v1/messages, ANTHROPIC, anthropic.messages",
    "/v1beta/models/m:generateContent, GEMINI, gemini.generate",
  })
  void aFamilyWithoutARouteIsNamedInItsOwnEnvelope(String target, String family, String dialect) {
    var match =
        notFound(new Routes(List.of(new Route("groq", "/groq", Family.OPENAI))), target, null);
    assertThat(match.refusal().status()).isEqualTo(404);
    assertThat(match.refusal().code()).isEqualTo("no_route");
    assertThat(match.refusal().message()).contains(family);
    assertThat(match.nearest().name()).isEqualTo(dialect);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET     | /v1/streams/7f3a              | 7f3a   |",
        "HEAD    | /v1/streams/7f3a/             | 7f3a   |",
        "OPTIONS | /v1/streams/7f3a?token=x      | 7f3a   | token=x",
        "GET     | /v1/streams/a%2Fb             | a/b    |",
        "GET     | /v1/streams/a/b               | a/b    |",
        "GET     | /v1/streams/a%2F              | a/     |",
        "GET     | /v1/streams/%7e%21:            | ~!:    |",
        "GET     | /v1/stre%61ms/7f3a            | 7f3a   |",
        "GET     | http://host/v1/streams/7f3a?x | 7f3a   | x",
      })
  void aStreamIsAskedForByItsDecodedId(
      String method, String target, String id, @Nullable String query) {
    assertThat(ROUTES.find(HttpMethod.valueOf(method), target, fields("x-api-key")))
        .isEqualTo(new Streams(id, query == null ? "" : query, method.equals("OPTIONS")));
  }

  @Test
  void streamsAreTheGatewaysOwnWhateverRoutesThereAre() {
    for (String prefix : List.of("/v1", "/v1/streams", "/v1/streams/a")) {
      var routes = new Routes(List.of(new Route("r", prefix, Family.OPENAI)));
      assertThat(routes.find(HttpMethod.GET, "/v1/streams/a", fields(null)))
          .as(prefix)
          .isEqualTo(new Streams("a", "", false));
    }
    assertThat(found("GET", "/v1/streamsx/a", null).route().name()).isEqualTo("openai");
    assertThat(found("GET", "/groq/v1/streams/a", null).route().name()).isEqualTo("groq");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/", "/%20", "/a%20b", "/a%c3%a9", "/%ff", "/é", "/a%2e%2e/..", "/%00"})
  void whatIsNoIdIsNoStream(String id) {
    var match = ROUTES.find(HttpMethod.GET, "/v1/streams" + id, fields("x-goog-api-key"));
    assertThat(match).isInstanceOf(NotFound.class);
    var refusal = ((NotFound) match).refusal();
    boolean isTarget = !id.contains("é") && !id.contains("..") && !id.contains("%00");
    assertThat(refusal.code()).isEqualTo(isTarget ? "unknown_stream" : "invalid_target");
    assertThat(refusal.status()).isEqualTo(isTarget ? 404 : 400);
    assertThat(((NotFound) match).nearest().name()).isEqualTo("gemini.other");
  }

  @Test
  void anIdHasAtMost255Characters() {
    var longest = "a".repeat(255);
    assertThat(ROUTES.find(HttpMethod.GET, "/v1/streams/" + longest, fields(null)))
        .isEqualTo(new Streams(longest, "", false));
    assertThat(ROUTES.find(HttpMethod.GET, "/v1/streams/%61" + longest, fields(null)))
        .isEqualTo(new NotFound(Routes.nearest("", fields(null)), Routes.unknownStream()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"})
  void aStreamIsOnlyRead(String method) {
    var match =
        (NotFound)
            ROUTES.find(
                HttpMethod.valueOf(method), "/v1/streams/a?token=t", fields("anthropic-version"));
    assertThat(match.refusal().status()).isEqualTo(405);
    assertThat(match.refusal().code()).isEqualTo("method_not_allowed");
    assertThat(match.refusal().message()).contains("GET, HEAD, OPTIONS").doesNotContain("token");
    assertThat(match.nearest().name()).isEqualTo("anthropic.other");
  }

  @Test
  void aTokenIsNeverShown() {
    assertThat(new Streams("a", "token=secret", false).toString()).doesNotContain("secret");
  }

  @Test
  void twoRoutesNeverServeTheSamePaths() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new Routes(
                    List.of(new Route("a", "", Family.OPENAI), new Route("b", "", Family.OPENAI))))
        .withMessageContainingAll("a", "b");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new Routes(
                    List.of(
                        new Route("a", "/x", Family.OPENAI), new Route("b", "/x", Family.GEMINI))))
        .withMessageContaining("/x");
  }
}

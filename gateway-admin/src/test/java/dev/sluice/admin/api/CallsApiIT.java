package dev.sluice.admin.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.admin.api.CallsApi.CallView;
import dev.sluice.admin.api.CallsApi.Calls;
import dev.sluice.admin.api.CallsApi.Cancel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an operator asks of calls, over real sockets, with calls that are made up. */
class CallsApiIT {

  private static final String PROBLEM = "application/problem+json";

  /** Calls that note what they were asked to end. */
  private static final class MadeUp implements Calls {
    private final List<CallView> views = new CopyOnWriteArrayList<>();
    private final List<String> ended = new CopyOnWriteArrayList<>();

    @Override
    public List<CallView> list() {
      return List.copyOf(views);
    }

    @Override
    public Cancel cancel(String id) {
      ended.add(id);
      for (CallView view : views) {
        if (view.id().equals(id)) {
          return view.state().equals("finished") ? Cancel.FINISHED : Cancel.CANCELLED;
        }
      }
      return Cancel.UNKNOWN;
    }
  }

  private final HttpClient client = HttpClient.newHttpClient();
  private final MadeUp calls = new MadeUp();
  private final List<AdminServer> servers = new ArrayList<>();
  private int port;

  @BeforeEach
  void start() throws IOException {
    start(null);
  }

  @AfterEach
  void stop() {
    client.close();
    servers.forEach(AdminServer::close);
  }

  private void start(@Nullable String token) throws IOException {
    List<Endpoint> endpoints = new ArrayList<>(new CallsApi(calls).endpoints());
    endpoints.add(
        new Endpoint(
            "GET", "/admin/v1/calls/summary", false, request -> AdminAnswer.json("the summary")));
    endpoints.add(
        new Endpoint(
            "GET",
            "/teams/{team}/keys/{key}",
            false,
            request ->
                AdminAnswer.json(List.of(request.parameter("team"), request.parameter("key")))));
    var server = new AdminServer("127.0.0.1", 0, Callers.of(token), endpoints);
    servers.add(server);
    port = server.start();
  }

  private HttpResponse<String> ask(String method, String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        BodyHandlers.ofString());
  }

  private void call(String id, String team, String state, double ageSeconds) {
    calls.views.add(
        new CallView(
            id,
            team,
            "openai",
            "main",
            "gpt-5.2",
            true,
            state,
            ageSeconds,
            1,
            512,
            true,
            "stream_back"));
  }

  private String ids(String query) throws Exception {
    var answer = ask("GET", "/admin/v1/calls" + query);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
    StringBuilder ids = new StringBuilder(answer.body().replaceAll(".*\"total\":(\\d+).*", "$1:"));
    var matcher = java.util.regex.Pattern.compile("\"id\":\"([^\"]*)\"").matcher(answer.body());
    while (matcher.find()) {
      ids.append(matcher.group(1));
    }
    return ids.toString();
  }

  @Test
  void aCallIsShownWithAllThatIsKnownOfIt() throws Exception {
    calls.views.add(
        new CallView(
            "7f3a",
            "chat",
            "openai",
            "main",
            null,
            true,
            "orphaned",
            12.5,
            0,
            4096,
            false,
            "stream_back"));
    assertThat(ask("GET", "/admin/v1/calls").body())
        .isEqualTo(
            "{\"total\":1,\"calls\":[{\"id\":\"7f3a\",\"team\":\"chat\",\"route\":\"openai\","
                + "\"provider\":\"main\",\"model\":null,\"stream\":true,\"state\":\"orphaned\","
                + "\"age_seconds\":12.5,\"cursors\":0,\"bytes\":4096,\"resumable\":false,"
                + "\"phase\":\"stream_back\"}]}");
  }

  @Test
  void theNewestCallStandsFirst() throws Exception {
    call("c", "chat", "attended", 30);
    call("a", "chat", "attended", 0.1);
    call("b", "chat", "finished", 2);
    assertThat(ids("")).isEqualTo("3:abc");
  }

  @Test
  void callsAreFilteredByStateAndTeam() throws Exception {
    call("a", "chat", "attended", 1);
    call("b", "chat", "orphaned", 2);
    call("c", "batch", "finished", 3);
    call("d", "batch", "orphaned", 4);
    assertThat(ids("?state=orphaned")).isEqualTo("2:bd");
    assertThat(ids("?team=batch")).isEqualTo("2:cd");
    assertThat(ids("?team=b%61tch&state=orphaned&")).isEqualTo("1:d");
    assertThat(ids("?team=nobody")).isEqualTo("0:");
  }

  @Test
  void whatIsLeftOutIsStillCounted() throws Exception {
    for (int i = 0; i < 1200; i++) {
      call("x", "chat", "attended", i);
    }
    assertThat(ids("")).isEqualTo("1200:" + "x".repeat(100));
    assertThat(ids("?limit=1")).isEqualTo("1200:x");
    assertThat(ids("?limit=1000")).isEqualTo("1200:" + "x".repeat(1000));
  }

  @ParameterizedTest
  @CsvSource({
    "?stat=orphaned, unknown_parameter",
    "?state=, bad_parameter",
    "?state, bad_parameter",
    "?state=gone, bad_parameter",
    "?state=ORPHANED, bad_parameter",
    "?state=orphaned&state=orphaned, bad_parameter",
    "?team=%zz, bad_parameter",
    "?team=%c3%28, bad_parameter",
    "?team=%0a, bad_parameter",
    "?limit=0, bad_parameter",
    "?limit=-1, bad_parameter",
    "?limit=1001, bad_parameter",
    "?limit=99999999999, bad_parameter",
    "?limit=ten, bad_parameter",
    "?token=secret, unknown_parameter"
  })
  void aQueryThatIsNotUnderstoodIsRefused(String query, String code) throws Exception {
    // The client would refuse some of these itself.
    String answer = raw("GET /admin/v1/calls" + query);
    assertThat(answer)
        .startsWith("HTTP/1.1 400")
        .contains(PROBLEM, "\"code\":\"" + code + "\"")
        .doesNotContain("secret");
  }

  private String raw(String line) throws IOException {
    try (var socket = new java.net.Socket(java.net.InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write(
              (line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                  .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
      return new String(
          socket.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }
  }

  @Test
  void aCallAtWorkIsCancelled() throws Exception {
    call("7f3a", "chat", "attended", 1);
    var answer = ask("DELETE", "/admin/v1/calls/7f3a");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"id\":\"7f3a\",\"result\":\"cancelled\"}");
    assertThat(calls.ended).containsExactly("7f3a");
  }

  @Test
  void theHeldAnswerOfAFinishedCallIsDropped() throws Exception {
    call("7f3a", "chat", "finished", 1);
    var answer = ask("DELETE", "/admin/v1/calls/7f3a");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"id\":\"7f3a\",\"result\":\"answer_dropped\"}");
  }

  @Test
  void anUnknownCallIsAProblem() throws Exception {
    var answer = ask("DELETE", "/admin/v1/calls/none");
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue(PROBLEM);
    assertThat(answer.body()).contains("\"code\":\"no_such_call\"");
  }

  @Test
  void aDeletionTakesNoFilter() throws Exception {
    call("7f3a", "chat", "attended", 1);
    assertThat(ask("DELETE", "/admin/v1/calls/7f3a?team=batch").statusCode()).isEqualTo(400);
    assertThat(calls.ended).isEmpty();
  }

  @Test
  void whatStandsInThePathIsDecodedOnceAndAnEncodedSlashSeparatesNothing() throws Exception {
    ask("DELETE", "/admin/v1/calls/job%2F42%252F%20%C3%A9+");
    assertThat(calls.ended).containsExactly("job/42%2F é+");
    assertThat(ask("GET", "/teams/a%2Fb/keys/c").body()).isEqualTo("[\"a/b\",\"c\"]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"%", "%4", "%zz", "%00", "%0a", "%7f", "%ff", "%c3%28", "a\u00e9"})
  void whatCannotBeDecodedIsRefused(String id) throws Exception {
    assertThat(raw("DELETE /admin/v1/calls/" + id))
        .startsWith("HTTP/1.1 400")
        .contains(PROBLEM, "malformed_path");
    assertThat(calls.ended).isEmpty();
  }

  @Test
  void anIdHasAtMost255Characters() throws Exception {
    String longest = "a".repeat(255);
    assertThat(ask("DELETE", "/admin/v1/calls/" + longest).statusCode()).isEqualTo(404);
    assertThat(ask("DELETE", "/admin/v1/calls/" + longest + "a").statusCode()).isEqualTo(400);
    assertThat(calls.ended).containsExactly(longest);
  }

  @Test
  void aPathTellsWhichMethodsItTakes() throws Exception {
    var one = ask("GET", "/admin/v1/calls/7f3a");
    assertThat(one.statusCode()).isEqualTo(405);
    assertThat(one.headers().firstValue("Allow")).hasValue("DELETE");
    var all = ask("DELETE", "/admin/v1/calls");
    assertThat(all.statusCode()).isEqualTo(405);
    assertThat(all.headers().firstValue("Allow")).hasValue("GET, HEAD");
    for (String none : List.of("/admin/v1/calls/", "/admin/v1/calls/a/b", "/admin/v1//7f3a")) {
      assertThat(ask("DELETE", none).statusCode()).as(none).isEqualTo(404);
    }
    assertThat(ask("GET", "/none").body()).contains("/admin/v1/calls/{id}");
  }

  @Test
  void anExactPathGoesBeforeANamedOne() throws Exception {
    assertThat(ask("GET", "/admin/v1/calls/summary").body()).isEqualTo("\"the summary\"");
    var answer = ask("DELETE", "/admin/v1/calls/summary");
    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.headers().firstValue("Allow")).hasValue("GET, HEAD");
    assertThat(calls.ended).isEmpty();
  }

  @Test
  void callsNeedTheTokenAndNothingIsLearnedWithoutIt() throws Exception {
    start("correct horse");
    call("7f3a", "chat", "attended", 1);
    for (String path : List.of("/admin/v1/calls", "/admin/v1/calls/7f3a", "/admin/v1/calls/%zz")) {
      assertThat(raw("DELETE " + path)).as(path).startsWith("HTTP/1.1 401");
      assertThat(raw("GET " + path)).as(path).startsWith("HTTP/1.1 401");
    }
    assertThat(calls.ended).isEmpty();
  }

  @Test
  void twoEndpointsWhosePathsDifferOnlyInNamesAreRefused() {
    var one = new Endpoint("GET", "/a/{x}", true, request -> AdminAnswer.json(1));
    var other = new Endpoint("GET", "/a/{y}", true, request -> AdminAnswer.json(2));
    assertThatThrownBy(() -> new AdminServer("127.0.0.1", 0, Callers.of(null), List.of(one, other)))
        .hasMessageContaining("GET /a/{y}");
  }
}

package dev.sluice.admin.api;

import static dev.sluice.admin.usage.Books.known;
import static dev.sluice.admin.usage.Books.tokens;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.reconcile.Reconciliations;
import dev.sluice.admin.usage.Books;
import dev.sluice.billing.budget.BudgetDecision.Held;
import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.budget.BudgetRule.Period;
import dev.sluice.billing.budget.BudgetRule.Unit;
import dev.sluice.billing.budget.Budgets;
import dev.sluice.billing.budget.Opening;
import dev.sluice.billing.ledger.LedgerQueries;
import dev.sluice.billing.ledger.Spent;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.price.PriceTable;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Usage, budgets and reconciliation over real sockets, with a real ledger. */
class UsageApiIT {

  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-26T12:30:00Z"));
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path directory;

  private final HttpClient client = HttpClient.newHttpClient();
  private final Budgets budgets = new Budgets(CLOCK, view -> {});
  private Books books;
  private AdminServer server;
  private int port;
  private LedgerQueries ledger;

  @BeforeEach
  void start() throws Exception {
    books = new Books(directory.resolve("ledger"));
    ledger = books.ledger().queries();
    serve(UsageApi.TEXT_MAX, null);
  }

  private void serve(int textMax, @Nullable String token) throws Exception {
    if (server != null) {
      server.close();
    }
    List<Endpoint> endpoints = new ArrayList<>();
    endpoints.addAll(
        new UsageApi(() -> ledger, () -> PriceTable.EMPTY, CLOCK, textMax).endpoints());
    endpoints.addAll(new LedgerApi(() -> ledger).endpoints());
    endpoints.addAll(new BudgetStandingApi(budgets::views).endpoints());
    endpoints.addAll(new ReconciliationApi(() -> ledger, new Reconciliations(), CLOCK).endpoints());
    server = new AdminServer("127.0.0.1", 0, Callers.of(token), endpoints);
    port = server.start();
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
    books.close();
  }

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path, String body, String... headers) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .POST(BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private JsonNode json(String path) throws Exception {
    HttpResponse<String> answer = get(path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private void someCalls() {
    books
        .add("2026-11-01T00:00:00Z", "chat", "openai", "gpt-5.4", tokens(10, 1), known(7, "v#1"))
        .add("2026-11-26T12:29:59Z", "chat", "openai", "gpt-5.4", tokens(20, 2), known(8, "v#1"))
        .add("2026-11-02T10:00:00Z", "batch", "openai", "=1+1", tokens(7, 0), Cost.UNKNOWN);
    books.flush();
  }

  // ---- sums

  @Test
  void sumsOfThisMonthByTeamAndModel() throws Exception {
    someCalls();
    JsonNode usage = json("/admin/v1/usage");
    assertThat(usage.get("from").asString()).isEqualTo("2026-11-01T00:00:00Z");
    assertThat(usage.get("until").asString()).isEqualTo("2026-11-26T13:00:00Z");
    assertThat(usage.get("is_whole").asBoolean()).isTrue();
    JsonNode chat = usage.get("rows").get(1);
    assertThat(chat.get("group").toString()).isEqualTo("{\"team\":\"chat\",\"model\":\"gpt-5.4\"}");
    assertThat(chat.get("calls").asLong()).isEqualTo(2);
    assertThat(chat.get("cost_usd").asString()).isEqualTo("0.000000015");
    assertThat(usage.get("total").get("uncached_input_tokens").asLong()).isEqualTo(37);
    assertThat(usage.get("total").get("calls_of_unknown_cost").asLong()).isEqualTo(1);
  }

  @Test
  void filtersAndGroupsOfTags() throws Exception {
    books.add(
        new Books.Call(
            "2026-11-04T10:00:00Z",
            "chat",
            "key_a",
            "openai",
            "gpt-5.4",
            tokens(1, 0),
            known(5, "v#1"),
            Map.of("run", "a=b")));
    someCalls();
    JsonNode usage = json("/admin/v1/usage?group_by=tag:run,day&team=chat&from=2026-11-04");
    assertThat(usage.get("rows")).hasSize(2);
    assertThat(usage.get("rows").get(1).get("group").toString())
        .isEqualTo("{\"tag:run\":\"a=b\",\"day\":\"2026-11-04\"}");
    assertThat(json("/admin/v1/usage?tag=run=a%3Db").get("total").get("calls").asLong())
        .isEqualTo(1);
    assertThat(json("/admin/v1/usage?key=key_a&route=route").get("total").get("calls").asLong())
        .isEqualTo(1);
  }

  @Test
  void csvAsAskedForByParameterOrAccept() throws Exception {
    someCalls();
    for (HttpResponse<String> answer :
        List.of(
            get("/admin/v1/usage?format=csv&group_by=model"),
            get("/admin/v1/usage?group_by=model", "Accept", "text/csv"))) {
      assertThat(answer.headers().firstValue("Content-Type"))
          .hasValue("text/csv; charset=utf-8; header=present");
      assertThat(answer.body().lines().toList())
          .hasSize(3)
          .satisfies(lines -> assertThat(lines.get(1)).startsWith("\"'=1+1\",1,7,"));
    }
  }

  @Test
  void focusIsAFileAndBoundedByLength() throws Exception {
    someCalls();
    HttpResponse<String> answer = get("/admin/v1/usage?format=focus&team=chat");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Disposition"))
        .hasValue("attachment; filename=\"focus.csv\"");
    assertThat(answer.body().lines()).hasSize(5);
    serve(1_000, null);
    HttpResponse<String> tooMuch = get("/admin/v1/usage?format=focus&team=chat");
    assertThat(tooMuch.statusCode()).isEqualTo(422);
    assertThat(tooMuch.body()).contains("\"code\":\"too_much\"", "1000 characters");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/admin/v1/usage?colour=red|unknown_parameter",
        "/admin/v1/usage?group_by=colour|bad_parameter",
        "/admin/v1/usage?group_by=|bad_parameter",
        "/admin/v1/usage?group_by=team,team|bad_parameter",
        "/admin/v1/usage?group_by=team,key,model,route,day|bad_parameter",
        "/admin/v1/usage?from=yesterday|bad_parameter",
        "/admin/v1/usage?from=2026-12-01&until=2026-11-01|bad_parameter",
        "/admin/v1/usage?tag=run|bad_parameter",
        "/admin/v1/usage?tag==run|bad_parameter",
        "/admin/v1/usage?format=xml|bad_parameter",
        "/admin/v1/usage?format=focus&from=2026-11-01T00:30:00Z|bad_parameter",
        "/admin/v1/usage?format=focus&route=a|bad_parameter",
        "/admin/v1/usage?format=focus&tag=a=b|bad_parameter",
        "/admin/v1/usage?format=focus&group_by=team|bad_parameter",
        "/admin/v1/usage/calls?outcome=fine|bad_parameter",
        "/admin/v1/usage/calls?limit=1001|bad_parameter",
        "/admin/v1/usage/calls?after=nowhere|bad_parameter",
        "/admin/v1/usage/calls?from=x|bad_parameter",
        "/admin/v1/budgets/standing?team=a|unknown_parameter",
        "/admin/v1/reconciliation?limit=1|unknown_parameter"
      })
  void aQueryThatIsNoneIsAProblem(String path, String code) throws Exception {
    HttpResponse<String> answer = get(path);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    assertThat(answer.body()).contains("\"code\":\"" + code + "\"");
  }

  @Test
  void aLedgerThatCannotBeReadIsSaidToBeSo() throws Exception {
    ledger = LedgerQueries.in(directory.resolve("nowhere"));
    for (String path :
        List.of(
            "/admin/v1/usage",
            "/admin/v1/usage?format=focus",
            "/admin/v1/usage/calls",
            "/admin/v1/usage/calls/a")) {
      HttpResponse<String> answer = get(path);
      assertThat(answer.statusCode()).as(path).isEqualTo(503);
      assertThat(answer.body()).contains("\"code\":\"ledger_unreadable\"");
      assertThat(answer.headers().firstValue("Retry-After")).hasValue("5");
    }
  }

  // ---- single calls

  @Test
  void callsComeNewestFirstInPagesThatMissNone() throws Exception {
    for (int i = 0; i < 7; i++) {
      books.add(
          "2026-11-0%dT00:00:00Z".formatted(i + 1),
          "chat",
          "openai",
          "gpt-5.4",
          tokens(i, 0),
          known(i + 1, "v#1"));
    }
    books.flush();
    List<Long> seen = new ArrayList<>();
    String path = "/admin/v1/usage/calls?limit=3&team=chat";
    while (path != null) {
      HttpResponse<String> answer = get(path);
      JsonNode page = JSON.readTree(answer.body());
      page.get("calls").forEach(call -> seen.add(call.get("cost").get("nano_usd").asLong()));
      String link = answer.headers().firstValue("Link").orElse(null);
      assertThat(page.get("next").isNull()).isEqualTo(link == null);
      path = link == null ? null : link.substring(1, link.indexOf('>'));
      books.add("2026-11-20T00:00:00Z", "chat", "openai", "new", tokens(1, 0), known(100, "v#1"));
      books.flush();
    }
    assertThat(seen).containsExactly(7L, 6L, 5L, 4L, 3L, 2L, 1L);
    assertThat(json("/admin/v1/usage/calls?model=new&outcome=complete").get("calls")).hasSize(3);
    assertThat(json("/admin/v1/usage/calls?outcome=lost").get("calls")).isEmpty();
  }

  @Test
  void aCallIsShownWithAllThatIsKnownOfIt() throws Exception {
    String id =
        books.add(
            new Books.Call(
                "2026-11-04T10:00:00Z",
                "chat",
                "key_a",
                "openai",
                "gpt-5.4",
                tokens(3, 4),
                Cost.UNKNOWN,
                Map.of("run", "r1")));
    books.flush();
    JsonNode call = json("/admin/v1/usage/calls/" + id).get("call");
    assertThat(call.get("started_at").asString()).isEqualTo("2026-11-04T10:00:00Z");
    assertThat(call.get("key").asString()).isEqualTo("key_a");
    assertThat(call.get("tags").toString()).isEqualTo("{\"run\":\"r1\"}");
    assertThat(call.get("usage").get("output_tokens").asLong()).isEqualTo(4);
    assertThat(call.get("cost").toString())
        .isEqualTo("{\"state\":\"unknown\",\"usd\":null,\"nano_usd\":null,\"price\":null}");
    HttpResponse<String> none = get("/admin/v1/usage/calls/none");
    assertThat(none.statusCode()).isEqualTo(404);
    assertThat(none.body()).contains("no_such_call");
  }

  // ---- budgets

  @Test
  void eachBudgetIsShownAsItStands() throws Exception {
    TeamId team = new TeamId("chat");
    budgets.apply(
        List.of(
            new BudgetRule(
                "monthly",
                team,
                null,
                Unit.NANO_USD,
                500_000_000_000L,
                Period.MONTH,
                80,
                Mode.ENFORCE),
            new BudgetRule(
                "daily", team, "key_a", Unit.TOKENS, 1000, Period.DAY, 50, Mode.SHADOW)));
    for (Opening opening : budgets.openings()) {
      if (opening.keyId() == null) {
        budgets.opened(opening, new Spent(0, 400_000_000_000L, 0));
      }
    }
    assertThat(budgets.hold(team, "key_a", 1001, known(1_500_000_000, "v#1")))
        .isInstanceOf(Held.class);
    HttpResponse<String> answer = get("/admin/v1/budgets/standing");
    assertThat(answer.body())
        .isEqualTo(
            "{\"budgets\":["
                + "{\"team\":\"chat\",\"name\":\"daily\",\"key\":\"key_a\",\"mode\":\"shadow\","
                + "\"per\":\"day\",\"unit\":\"tokens\",\"amount\":1000,\"spent\":0,\"held\":1001,"
                + "\"left\":-1,\"amount_usd\":null,\"spent_usd\":null,\"held_usd\":null,"
                + "\"left_usd\":null,\"starts_at\":\"2026-11-26T00:00:00Z\","
                + "\"resets_at\":\"2026-11-27T00:00:00Z\",\"warn_percent\":50,\"is_warned\":false,"
                + "\"is_complete\":false,\"stopped\":1,\"unpriced\":0},"
                + "{\"team\":\"chat\",\"name\":\"monthly\",\"key\":null,\"mode\":\"enforce\","
                + "\"per\":\"month\",\"unit\":\"nano_usd\",\"amount\":500000000000,"
                + "\"spent\":400000000000,\"held\":1500000000,\"left\":98500000000,"
                + "\"amount_usd\":\"500\",\"spent_usd\":\"400\",\"held_usd\":\"1.5\","
                + "\"left_usd\":\"98.5\",\"starts_at\":\"2026-11-01T00:00:00Z\","
                + "\"resets_at\":\"2026-12-01T00:00:00Z\",\"warn_percent\":80,\"is_warned\":true,"
                + "\"is_complete\":true,\"stopped\":0,\"unpriced\":0}],\"next\":null}");
    JsonNode page = json("/admin/v1/budgets/standing?limit=1");
    JsonNode next = json("/admin/v1/budgets/standing?limit=1&after=" + page.get("next").asString());
    assertThat(next.get("budgets").get(0).get("name").asString()).isEqualTo("monthly");
  }

  /** In the order of their places, in which "chat-b/" comes before "chat/". */
  @Test
  void pagesOfBudgetsMissNone() throws Exception {
    List<BudgetRule> rules = new ArrayList<>();
    for (String team : List.of("chat", "chat-b", "a")) {
      for (String name : List.of("x", "x-y")) {
        rules.add(
            new BudgetRule(
                name, new TeamId(team), null, Unit.TOKENS, 1, Period.DAY, 80, Mode.ENFORCE));
      }
    }
    budgets.apply(rules);
    List<String> seen = new ArrayList<>();
    String after = "";
    while (after != null) {
      JsonNode page = json("/admin/v1/budgets/standing?limit=2" + after);
      page.get("budgets")
          .forEach(b -> seen.add(b.get("team").asString() + "/" + b.get("name").asString()));
      after = page.get("next").isNull() ? null : "&after=" + page.get("next").asString();
    }
    assertThat(seen)
        .containsExactly("a/x", "a/x-y", "chat-b/x", "chat-b/x-y", "chat/x", "chat/x-y");
  }

  // ---- reconciliation

  private static String csv(String lines) {
    return "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_output_tokens\n" + lines;
  }

  @Test
  void anExportIsComparedAndTheLastOnesAreKept() throws Exception {
    books
        .add("2026-11-02T10:00:00Z", "a", "claude", "claude-opus-5", tokens(7, 3), known(9, "v#1"))
        .flush();
    HttpResponse<String> equal =
        post("/admin/v1/reconciliation?provider=claude", csv("2026-11-02,claude-opus-5,7,3\n"));
    assertThat(equal.statusCode()).as(equal.body()).isEqualTo(200);
    assertThat(equal.body()).contains("\"number\":1", "\"is_equal\":true", "\"verdict\":\"equal\"");
    HttpResponse<String> more =
        post(
            "/admin/v1/reconciliation?provider=claude&tolerance_percent=0.5",
            csv("2026-11-02,claude-opus-5,8,3\n"));
    assertThat(more.body()).contains("\"is_equal\":false", "\"verdict\":\"provider_more\"");
    JsonNode kept = json("/admin/v1/reconciliation").get("imports");
    assertThat(kept).hasSize(2);
    assertThat(kept.get(0).get("number").asLong()).isEqualTo(2);
    assertThat(kept.get(0).get("rows").get(0).get("token_difference").asLong()).isEqualTo(-1);
    assertThat(kept.get(0).get("at").asString()).isEqualTo("2026-11-26T12:30:00Z");
  }

  @Test
  void whatIsNoExportIsToldInFull() throws Exception {
    HttpResponse<String> answer =
        post("/admin/v1/reconciliation", csv("2026-11-02,m,x,1\n2026-11-02,m,y,1\n"));
    assertThat(answer.statusCode()).isEqualTo(400);
    JsonNode problem = JSON.readTree(answer.body());
    assertThat(problem.get("code").asString()).isEqualTo("invalid_export");
    assertThat(problem.get("detail").asString()).startsWith("line 2, usage_input_tokens_no_cache");
    assertThat(problem.get("problems")).hasSize(2);
    for (String tolerance : List.of("-1", "101", "x", "1e2")) {
      assertThat(post("/admin/v1/reconciliation?tolerance_percent=" + tolerance, csv("")).body())
          .contains("bad_parameter");
    }
    assertThat(json("/admin/v1/reconciliation").get("imports")).isEmpty();
  }

  @Test
  void aLongBodyIsTakenHereAndNowhereElse() throws Exception {
    StringBuilder lines = new StringBuilder();
    while (lines.length() < 1 << 20) {
      lines.append("2026-11-02,claude-opus-5,1,0\n");
    }
    assertThat(post("/admin/v1/reconciliation", csv(lines.toString())).statusCode()).isEqualTo(200);
    assertThat(raw("/admin/v1/usage", "Content-Length: 1048576"))
        .startsWith("HTTP/1.1 413")
        .contains("65536 bytes");
  }

  @Test
  void aBodyBeyondTheBoundIsRefusedBeforeItIsSent() throws Exception {
    assertThat(raw("/admin/v1/reconciliation", "Content-Length: " + ((16 << 20) + 1)))
        .startsWith("HTTP/1.1 413")
        .contains("longer than 16777216 bytes");
  }

  @Test
  void aLongBodyOfSomebodyWhoMayNotIsRefusedLikeAnyOther() throws Exception {
    serve(UsageApi.TEXT_MAX, "secret");
    assertThat(raw("/admin/v1/reconciliation", "Content-Length: 100000"))
        .startsWith("HTTP/1.1 413")
        .contains("65536 bytes");
    HttpResponse<String> allowed =
        post("/admin/v1/reconciliation", "x".repeat(100_000), "Authorization", "Bearer secret");
    assertThat(allowed.body()).as("read, and found to be none").contains("invalid_export");
  }

  @Test
  void theDocumentDescribesEachOfThese() {
    Endpoint document = new OpenApi("1").endpoints().getFirst();
    JsonNode paths = JSON.readTree(documentOf(document)).get("paths");
    for (String path :
        List.of(
            "/admin/v1/usage",
            "/admin/v1/usage/calls",
            "/admin/v1/usage/calls/{id}",
            "/admin/v1/budgets/standing",
            "/admin/v1/reconciliation")) {
      String pointer = "/" + path.replace("/", "~1") + "/get/operationId";
      assertThat(paths.at(pointer).asString()).as(path).isNotEmpty();
    }
    assertThat(paths.at("/~1admin~1v1~1reconciliation/post/operationId").asString())
        .isEqualTo("reconcile");
  }

  private static byte[] documentOf(Endpoint document) {
    try {
      return document
          .handler()
          .answer(
              new AdminRequest(
                  "GET",
                  document.path(),
                  "",
                  new io.netty.handler.codec.http.DefaultHttpHeaders(),
                  new byte[0]))
          .body();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Sends the head alone, and reads what is answered to it until the server closes. */
  private String raw(String path, String head) throws Exception {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write(
              ("POST " + path + " HTTP/1.1\r\nHost: x\r\n" + head + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }
  }
}

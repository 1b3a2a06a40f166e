package dev.sluice.it.paidonce;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Relay;
import dev.sluice.it.fixtures.Team;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * A real browser's own EventSource, on a page of another origin, whose connection is cut in the
 * middle: it comes back by itself, and the page sees every event once, in order.
 */
class BrowserIT {

  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final String SCRIPT = "events=12;size=6;echo";

  /** Asks its own server for a stream, listens to it, and tells what it saw when it is over. */
  private static final String PAGE =
      """
      <!doctype html><title>page</title><script>
      const seen = [];
      fetch('/begin', {method: 'POST'}).then(answer => answer.text()).then(url => {
        const source = new EventSource(url);
        source.onmessage = event => seen.push(event.lastEventId + ' ' + event.data);
        source.onerror = () => {
          if (source.readyState === EventSource.CLOSED) {
            fetch('/over', {method: 'POST', body: seen.join('\\n')});
          }
        };
      });
      </script>
      """;

  private final CompletableFuture<String> over = new CompletableFuture<>();

  @Test
  void aPageSeesEveryEventOnceThoughItsConnectionIsCut() throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(CHROMIUM),
        CHROMIUM + " is not installed, so no browser's EventSource was tried.");
    HttpServer pages =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
    String origin = "http://127.0.0.1:" + pages.getAddress().getPort();
    String yaml =
        GatewayUnderTest.QUICK
            .replace("streams: {", "streams: {resume: {cors-origins: [\"" + origin + "\"]}, ")
            .replace("idle-limit: 1500ms", "idle-limit: 20s");
    try (Counted provider = new Counted();
        GatewayUnderTest gateway = GatewayUnderTest.start(provider.baseUrl(), yaml);
        Relay relay = new Relay(gateway.port(), "id: 4\n\n")) {
      Bodies.Stream asked = Team.fresh(Bodies.STREAMS.getFirst());
      pages.createContext("/", exchange -> answer(exchange, "text/html", PAGE));
      pages.createContext(
          "/begin",
          exchange -> answer(exchange, "text/plain", begin(Team.of(gateway), asked, relay)));
      pages.createContext(
          "/over",
          exchange -> {
            over.complete(
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            answer(exchange, "text/plain", "");
          });
      pages.start();
      Path profile = Files.createTempDirectory("sluice-browser");
      Process browser = browser(profile, origin + "/");
      try {
        String[] seen = over.get(60, TimeUnit.SECONDS).split("\n", -1);
        assertThat(seen).containsExactlyElementsOf(expected(provider, asked));
      } finally {
        end(browser);
        delete(profile);
      }
      assertThat(relay.hasCut()).isTrue();
      assertThat(relay.requests())
          .anyMatch(
              text -> text.toLowerCase(java.util.Locale.ROOT).contains("last-event-id: 4\r\n"));
      assertThat(provider.calls()).isEqualTo(1);
    } finally {
      pages.stop(0);
    }
  }

  /** What the page's own server does: it has the key, the page gets a token; and it leaves. */
  private static String begin(Team team, Bodies.Stream asked, Relay relay) throws IOException {
    // Slow enough that the browser, which waits three seconds, comes back in the middle.
    String head;
    try (RawClient server =
        team.open(asked, SCRIPT + ";pace=150ms;gap=3s@9", "Sluice-Resume: events")
            .await("\r\n\r\n")) {
      head = server.reads().getFirst();
    }
    return "http://127.0.0.1:"
        + relay.port()
        + "/v1/streams/"
        + field(head, "Sluice-Request-Id")
        + "?token="
        + field(head, "Sluice-Resume-Token");
  }

  private static String field(String head, String name) {
    Matcher matcher = Pattern.compile("(?i)\r\n" + name + ": (\\S+)").matcher(head);
    return matcher.find() ? matcher.group(1) : "none";
  }

  private static List<String> expected(Counted provider, Bodies.Stream asked) throws IOException {
    List<String> events = new ArrayList<>();
    for (String event : provider.direct(asked, SCRIPT).body().split("\n\n", 0)) {
      events.add((events.size() + 1) + " " + event.substring("data: ".length()));
    }
    return events;
  }

  private static Process browser(Path profile, String url) throws IOException {
    List<String> command =
        Arrays.asList(
            CHROMIUM.toString(),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--remote-debugging-port=0", // without it headless Chromium leaves once a page is
            // loaded
            "--user-data-dir=" + profile,
            url);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static void end(Process browser) {
    List<ProcessHandle> all = new ArrayList<>(browser.descendants().toList());
    all.add(browser.toHandle());
    all.forEach(ProcessHandle::destroyForcibly);
    all.forEach(each -> each.onExit().join());
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> walk = Files.walk(directory)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private static void answer(HttpExchange exchange, String type, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", type);
    exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }
}

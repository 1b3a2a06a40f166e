package dev.sluice.admin;

import dev.sluice.admin.demo.Script;
import dev.sluice.admin.demo.ScriptedProvider;
import dev.sluice.core.config.GatewayConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code gateway demo}: the newcomer's first minute; no key, no network. */
@Command(
    name = "demo",
    description = "Start the gateway with a simulated provider, and print what to try.",
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {

  private static final String CONFIG =
      """
      listen: {address: 127.0.0.1, port: "${PORT}"}
      admin: {address: 127.0.0.1, port: "${ADMIN_PORT}"}
      streams: {keep-alive: {interval: 2s, first-byte-after: 2s}}
      teams: {demo: {}}
      providers:
        openai: {base-url: "http://127.0.0.1:${PROVIDER_PORT}", prices: openai}
        anthropic: {base-url: "http://127.0.0.1:${PROVIDER_PORT}", prices: anthropic}
        gemini: {base-url: "http://127.0.0.1:${PROVIDER_PORT}", prices: gemini}
      routes:
        openai: {api: openai, provider: openai, clients: open, team: demo}
        anthropic: {api: anthropic, provider: anthropic, clients: open, team: demo}
        gemini: {api: gemini, provider: gemini, clients: open, team: demo}
      """;

  private final PrintWriter out;
  private final PrintWriter err;

  @Option(names = "--port", defaultValue = "8080", description = "Client port (${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--admin-port",
      defaultValue = "9090",
      description = "Admin port (${DEFAULT-VALUE}).")
  private int adminPort;

  DemoCommand(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Path work = Files.createTempDirectory("sluice-demo");
    try (ScriptedProvider provider = ScriptedProvider.start(0, Script.DEMO)) {
      Assembly gateway;
      try {
        gateway = Assembly.start(config(work, provider.port()));
      } catch (StartFailure failure) {
        err.println(failure.getMessage());
        return 1;
      }
      out.print(page(gateway.clientAddress().getPort(), gateway.adminAddress().getPort()));
      out.flush();
      CountDownLatch stopped = new CountDownLatch(1);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    gateway.close();
                    Directories.delete(work);
                    stopped.countDown();
                  },
                  "stop"));
      stopped.await();
      return 0;
    }
  }

  private GatewayConfig config(Path work, int providerPort) throws IOException {
    Map<String, String> ports =
        Map.of(
            "PORT", Integer.toString(port),
            "ADMIN_PORT", Integer.toString(adminPort),
            "PROVIDER_PORT", Integer.toString(providerPort));
    return OwnConfig.in(work, CONFIG, ports);
  }

  private static String page(int port, int adminPort) {
    return """

    Sluice is running, with a simulated provider behind it. Ctrl-C stops it.

    Try it. Each answer pauses in the middle, as if a tool were running; watch the
    ": keep-alive" comments (or Anthropic's pings) bridge the silence:

      curl -N localhost:%1$d/v1/chat/completions -H 'content-type: application/json' \\
        -d '{"model":"gpt-5.4-mini","stream":true,"messages":[{"role":"user","content":"Hello"}]}'

      curl -N localhost:%1$d/v1/messages -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' \\
        -d '{"model":"claude-haiku-4-5","max_tokens":200,"stream":true,"messages":[{"role":"user","content":"Hello"}]}'

      curl -N 'localhost:%1$d/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse' -H 'content-type: application/json' \\
        -d '{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}'

    Or point an SDK at it (any API key will do here):

      Python   OpenAI(base_url="http://localhost:%1$d/v1", api_key="demo")
               Anthropic(base_url="http://localhost:%1$d", api_key="demo")
      Node     new OpenAI({ baseURL: "http://localhost:%1$d/v1", apiKey: "demo" })
      Java     OpenAIOkHttpClient.builder().baseUrl("http://localhost:%1$d/v1").apiKey("demo").build()

    What it cost, for Prometheus:  curl -s localhost:%2$d/metrics | grep sluice_

    """
        .formatted(port, adminPort);
  }
}

package dev.sluice.it.load;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The load client by hand. */
@Command(
    name = "load",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Asks one URL many times, and says how that went: a line on stderr, JSON on stdout.")
public final class LoadMain implements Runnable {

  @Parameters(paramLabel = "URL", description = "for example http://127.0.0.1:8080/v1/responses")
  private URI url = URI.create("http://127.0.0.1:8080/v1/chat/completions");

  @Option(names = "-c", description = "connections (default: ${DEFAULT-VALUE})")
  private int connections = 64;

  @Option(
      names = "-r",
      description = "requests per second, open loop; 0: as fast as answers come (default)")
  private double rate;

  @Option(names = "-d", description = "seconds (default: ${DEFAULT-VALUE})")
  private int seconds = 10;

  @Option(names = "-w", description = "seconds of warm-up (default: ${DEFAULT-VALUE})")
  private int warmUp = 2;

  @Option(names = "-b", description = "body, or @FILE; none: a GET")
  private String body = "";

  @Option(names = "-H", description = "a header field, \"Name: value\"; may be repeated")
  private List<String> headers = new ArrayList<>();

  @Option(names = "--sse", description = "answers are event streams: count events")
  private boolean isStream;

  @Option(names = "--idle", description = "open one stream per connection and hold them")
  private boolean isIdle;

  private LoadMain() {}

  public static void main(String[] args) {
    // An @FILE is the body here, and no file of arguments.
    System.exit(new CommandLine(new LoadMain()).setExpandAtFiles(false).execute(args));
  }

  @Override
  public void run() {
    try (LoadClient client = new LoadClient()) {
      byte[] bytes =
          body.startsWith("@")
              ? Files.readAllBytes(Path.of(body.substring(1)))
              : body.getBytes(StandardCharsets.UTF_8);
      String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
      LoadPlan plan =
          new LoadPlan(
              url.getHost(),
              url.getPort() < 0 ? 80 : url.getPort(),
              url.getRawQuery() == null ? path : path + "?" + url.getRawQuery(),
              headers,
              bytes,
              connections,
              rate,
              Duration.ofSeconds(warmUp),
              Duration.ofSeconds(seconds),
              isStream);
      if (isIdle) {
        hold(client, plan);
        return;
      }
      LoadResult result = client.run(plan);
      System.err.println(result.summary());
      System.out.println(result.toJson());
    } catch (IOException e) {
      throw new IllegalArgumentException("The body cannot be read: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void hold(LoadClient client, LoadPlan plan) throws InterruptedException {
    try (IdleStreams streams = client.open(plan, 2_000, 60)) {
      System.err.println(plan.connections() + " streams are open.");
      java.util.concurrent.TimeUnit.SECONDS.sleep(seconds);
      System.out.println(
          "{\"streams\":" + plan.connections() + ",\"closed\":" + streams.closed() + "}");
    }
  }
}

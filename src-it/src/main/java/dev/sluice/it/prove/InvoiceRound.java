package dev.sluice.it.prove;

import dev.sluice.it.invoice.BilledCall;
import dev.sluice.it.invoice.Comparison;
import dev.sluice.it.invoice.Crowd;
import dev.sluice.it.invoice.InvoiceYaml;
import dev.sluice.it.invoice.LedgerBook;
import dev.sluice.it.load.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One ledger, the gateways that write it one after the other, and the calls made to them. */
final class InvoiceRound {

  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration QUIET = Duration.ofSeconds(60);

  /** A gateway is killed when it has answered so many times at most, and a little later. */
  private static final int ANSWERS_MAX = 150;

  private static final int LATER_MILLIS_MAX = 60;
  private static final Duration ANSWERS = Duration.ofSeconds(60);

  /** Each so-many-th is killed in its start, perhaps while it looks after those before it. */
  private static final int EARLY = 10;

  private static final int EARLY_MILLIS_MAX = 2_000;
  private static final int SETTLED_MILLIS = 300;
  private static final Pattern WITH_ID = Pattern.compile("\"calls_with_id\":(\\d+)");

  private final Ground ground;
  private final int providerPort;
  private final String name;
  private final SplittableRandom random;
  private final int port;
  private final int adminPort;
  private final Path storage;
  private final String yaml;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<Long> startNanos = new ArrayList<>();
  private int starts;

  /**
   * What came of it.
   *
   * @param book all of the ledger
   * @param failures of clients, where none are to be
   */
  record Outcome(
      Comparison comparison,
      LedgerBook book,
      List<String> failures,
      double seconds,
      double startMillis) {

    /** Whether the ledger agrees with the provider and with itself. */
    boolean isExact() {
      return comparison.isExact() && book.avoidedDifference() == 0 && book.sumsDifference() == 0;
    }
  }

  /**
   * A round of its own.
   *
   * @param name a word; the beginning of all ids
   */
  InvoiceRound(
      Ground ground, int providerPort, String name, String durability, SplittableRandom random)
      throws IOException {
    this.ground = ground;
    this.providerPort = providerPort;
    this.name = name;
    this.random = random;
    port = Ports.forComingAndGoing(random);
    adminPort = Ports.forComingAndGoing(random);
    storage = ground.work().resolve("storage-" + name);
    yaml = InvoiceYaml.of(port, adminPort, "http://127.0.0.1:" + providerPort, storage, durability);
  }

  /** So many calls, as fast as they are answered. */
  Outcome play(int calls) throws Exception {
    Crowd crowd = Crowd.asking(port, name, random.nextLong(), calls);
    long from;
    long until;
    try (Child gateway = start()) {
      gateway.awaitPort(port, START);
      from = System.nanoTime();
      crowd.play();
      until = System.nanoTime();
      awaitQuiet();
    }
    return outcome(crowd, until - from);
  }

  /** Calls without end to a gateway that dies so many times. */
  Outcome playKilled(int kills) throws Exception {
    Crowd crowd = Crowd.busy(port, name, random.nextLong());
    long from = System.nanoTime();
    try (ExecutorService aside = Executors.newSingleThreadExecutor()) {
      Future<?> playing =
          aside.submit(
              () -> {
                crowd.play();
                return null;
              });
      try {
        for (int i = 1; i <= kills; i++) {
          killOne(crowd, i % EARLY == 0);
          if (i % 10 == 0) {
            ground.say(name + ": killed " + i + " times");
          }
        }
        try (Child last = start()) {
          awaitPort(last);
          crowd.stop();
          playing.get();
          awaitQuiet();
        }
      } finally {
        crowd.stop();
      }
    }
    return outcome(crowd, System.nanoTime() - from);
  }

  /**
   * At a moment that follows the calls and not the clock: where others want the processor, a JVM
   * may serve nobody in its first second.
   */
  private void killOne(Crowd crowd, boolean isEarly) throws IOException, InterruptedException {
    try (Child gateway = start()) {
      if (isEarly) {
        TimeUnit.MILLISECONDS.sleep(random.nextInt(EARLY_MILLIS_MAX));
      } else {
        awaitPort(gateway);
        long enough = crowd.answered() + random.nextInt(1, ANSWERS_MAX);
        long until = System.nanoTime() + ANSWERS.toNanos();
        while (crowd.answered() < enough && System.nanoTime() < until) {
          TimeUnit.MILLISECONDS.sleep(1);
        }
        TimeUnit.MILLISECONDS.sleep(random.nextInt(LATER_MILLIS_MAX));
      }
      gateway.kill();
    }
  }

  private Child start() throws IOException {
    return ground.gateway(name + "-" + ++starts, yaml, null);
  }

  private void awaitPort(Child gateway) {
    long from = System.nanoTime();
    gateway.awaitPort(port, START);
    startNanos.add(System.nanoTime() - from);
  }

  /** Calls that go on without a client are paid for too. */
  private void awaitQuiet() throws IOException, InterruptedException {
    long until = System.nanoTime() + QUIET.toNanos();
    while (!get(adminPort, "/metrics").contains("\nsluice_active_calls 0.0\n")) {
      if (System.nanoTime() > until) {
        throw new IllegalStateException("calls never ended");
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private Outcome outcome(Crowd crowd, long nanos) throws IOException, InterruptedException {
    LedgerBook book = LedgerBook.in(InvoiceYaml.ledgerIn(storage));
    Comparison comparison = Comparison.of(bills(), book.rows());
    ground.say(name + ": told " + crowd.told());
    ground.say(name + ": " + comparison);
    long[] sorted = startNanos.stream().mapToLong(Long::longValue).sorted().toArray();
    double startMillis = sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2] / 1e6;
    return new Outcome(comparison, book, crowd.failures(), nanos / 1e9, startMillis);
  }

  /** The provider's calls of this round, once it has heard of the end of all its connections. */
  private List<BilledCall> bills() throws IOException, InterruptedException {
    String before;
    String text = "";
    do {
      before = text;
      TimeUnit.MILLISECONDS.sleep(SETTLED_MILLIS);
      text = get(providerPort, "/scripted/calls");
    } while (text.length() != before.length());
    List<BilledCall> all = BilledCall.parse(text);
    Matcher kept = WITH_ID.matcher(get(providerPort, "/scripted/invoice"));
    if (!kept.find() || Long.parseLong(kept.group(1)) != all.size()) {
      throw new IllegalStateException("The provider has not kept all of its calls.");
    }
    return all.stream().filter(bill -> bill.id().startsWith(name + ".")).toList();
  }

  private String get(int from, String path) throws IOException, InterruptedException {
    return http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + from + path)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }
}

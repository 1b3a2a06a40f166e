package dev.sluice.it.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.Main;
import dev.sluice.admin.demo.Script;
import dev.sluice.admin.demo.ScriptedProvider;
import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.invoice.BilledCall;
import dev.sluice.it.invoice.Comparison;
import dev.sluice.it.invoice.Crowd;
import dev.sluice.it.invoice.InvoiceYaml;
import dev.sluice.it.invoice.LedgerBook;
import dev.sluice.it.load.Ports;
import dev.sluice.it.prove.Child;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the provider has billed is in the ledger once, however often the gateway was killed: settled
 * to the token, or as a marked estimate. A hundred times, and against the built program: {@code
 * src-it/prove invoice}.
 */
class KillIT {

  private static final int KILLS = Integer.getInteger("sluice.kills", 5);
  private static final Duration START = Duration.ofSeconds(60);

  @TempDir private Path work;
  private int starts;

  @Test
  void killedUnderLoadTheLedgerLosesNothingAndCountsNothingTwice() throws Exception {
    long seed = Long.getLong("sluice.seed", System.nanoTime());
    System.out.println("KillIT: " + KILLS + " kills, -Dsluice.seed=" + seed);
    SplittableRandom random = new SplittableRandom(seed);
    int port = Ports.forComingAndGoing(random);
    int adminPort = Ports.forComingAndGoing(random);
    Path storage = work.resolve("storage");
    Crowd crowd = Crowd.busy(port, "kill", seed);
    try (ScriptedProvider provider = ScriptedProvider.start(0, Script.PLAIN);
        ExecutorService aside = Executors.newSingleThreadExecutor()) {
      Path config =
          Files.writeString(
              work.resolve("gateway.yaml"),
              InvoiceYaml.of(port, adminPort, provider.baseUrl().toString(), storage, "relaxed"));
      Future<?> playing =
          aside.submit(
              () -> {
                crowd.play();
                return null;
              });
      try {
        for (int i = 0; i < KILLS; i++) {
          try (Child gateway = start(config)) {
            gateway.awaitPort(port, START);
            long enough = crowd.answered() + random.nextInt(1, 100);
            Awaitility.await().atMost(START).until(() -> crowd.answered() >= enough);
            gateway.kill();
          }
        }
        try (Child last = start(config)) {
          last.awaitPort(port, START);
          last.awaitLine("An earlier run ended without closing its ledger", START);
          crowd.stop();
          playing.get();
          new LedgerPort(new AdminPort(adminPort)).awaitWritten();
        }
      } finally {
        crowd.stop();
      }
      LedgerBook book = LedgerBook.in(InvoiceYaml.ledgerIn(storage));
      Comparison comparison = Comparison.of(BilledCall.of(provider.invoice()), book.rows());
      System.out.println("KillIT: " + comparison);
      assertThat(comparison.problems()).isEmpty();
      assertThat(comparison.isExact()).isTrue();
      assertThat(comparison.equal()).as("calls that ended").isPositive();
      assertThat(comparison.diedAndBilled())
          .as("calls that a kill has met")
          .isGreaterThanOrEqualTo(KILLS);
      assertThat(book.sumsDifference()).isZero();
      assertThat(book.avoidedDifference()).isZero();
    }
  }

  private Child start(Path config) throws IOException {
    return Child.start(
        "gateway-" + ++starts,
        List.of(
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "serve",
            "--config",
            config.toString()),
        work);
  }
}

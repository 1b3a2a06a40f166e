package dev.sluice.it.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.Script;
import dev.sluice.admin.demo.ScriptedProvider;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.invoice.BilledCall;
import dev.sluice.it.invoice.InvoiceYaml;
import dev.sluice.it.prove.Child;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a gateway may find where its ledger should be: it serves all the same, says what is wrong,
 * and writes as soon as it can.
 */
@ExtendWith(NoLeaks.class)
class UnusableDirectoryIT {

  @TempDir private Path work;
  @RegisterExtension private final LedgerLog log = new LedgerLog();

  private Path storage;
  private ScriptedProvider provider;

  @BeforeEach
  void startProvider() {
    storage = work.resolve("storage");
    provider = ScriptedProvider.start(0, Script.PLAIN);
  }

  @AfterEach
  void stopProvider() {
    provider.close();
  }

  private GatewayUnderTest start() {
    return GatewayUnderTest.start(
        provider.baseUrl(), InvoiceYaml.of(0, 0, "${PROVIDER}", storage, "relaxed"));
  }

  private void assertBooked(int calls) {
    PlainCalls.assertBooked(BilledCall.of(provider.invoice()), storage, calls);
  }

  @Test
  void aDirectoryThatAnotherProcessHasIsWaitedFor() throws Exception {
    Child holder =
        Child.start(
            "holder",
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                LockHolder.class.getName(),
                InvoiceYaml.ledgerIn(storage).toString()),
            work);
    try (holder) {
      holder.awaitLine(LockHolder.HOLDS, Duration.ofSeconds(30));
      try (GatewayUnderTest gateway = start()) {
        LedgerPort ledger = LedgerPort.of(gateway);
        assertThat(ledger.isUp()).isFalse();
        assertThat(log.errors()).anyMatch(line -> line.contains("is used by another process"));
        new PlainCalls(gateway.port()).ask("locked", 100);
        holder.kill();
        ledger.awaitUp(true);
        ledger.awaitWritten();
        assertThat(ledger.lostCalls()).isZero();
        assertBooked(100);
      }
    }
  }

  @Test
  void whatIsNoDatabaseIsMovedAsideAndNotDeleted() throws Exception {
    Path ledgerHome = Files.createDirectories(InvoiceYaml.ledgerIn(storage));
    String garbage = "This was never a database. ".repeat(1_000);
    Files.writeString(ledgerHome.resolve("ledger.db"), garbage);
    try (GatewayUnderTest gateway = start()) {
      LedgerPort ledger = LedgerPort.of(gateway);
      assertThat(ledger.isUp()).isTrue();
      assertThat(log.errors()).anyMatch(line -> line.contains("is no database"));
      new PlainCalls(gateway.port()).ask("garbage", 100);
      ledger.awaitWritten();
      assertBooked(100);
    }
    try (Stream<Path> files = Files.list(ledgerHome)) {
      assertThat(files.filter(file -> file.toString().contains("ledger.db.corrupt-")))
          .singleElement()
          .satisfies(
              file ->
                  assertThat(Files.readString(file, StandardCharsets.US_ASCII)).isEqualTo(garbage));
    }
  }

  @Test
  void aFileWhereTheDirectoryShouldBeIsTold() throws Exception {
    Files.writeString(storage, "in the way");
    try (GatewayUnderTest gateway = start()) {
      LedgerPort ledger = LedgerPort.of(gateway);
      assertThat(ledger.isUp()).isFalse();
      assertThat(log.errors()).anyMatch(line -> line.contains(storage.toString()));
      new PlainCalls(gateway.port()).ask("in-the-way", 100);
      Files.delete(storage);
      ledger.awaitUp(true);
      ledger.awaitWritten();
      assertThat(ledger.lostCalls()).isZero();
      assertBooked(100);
    }
  }

  /** A program that was stopped has written everything, and the next one goes on behind it. */
  @Test
  void aLedgerIsGoneOnWith() throws Exception {
    for (int run = 1; run <= 3; run++) {
      try (GatewayUnderTest gateway = start()) {
        new PlainCalls(gateway.port()).ask("run" + run, 50);
        gateway.drain();
      }
      assertBooked(50 * run);
    }
    assertThat(log.errors()).isEmpty();
  }
}

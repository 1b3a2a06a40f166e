package dev.sluice.it.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.Script;
import dev.sluice.admin.demo.ScriptedProvider;
import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.invoice.BilledCall;
import dev.sluice.it.invoice.InvoiceYaml;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that is full or cannot be written: calls go on, everybody is told, and when there is room
 * again all rows are there.
 */
@ExtendWith(NoLeaks.class)
class FullDiskIT {

  private static final int SLOTS = 64;

  @TempDir private Path storage;
  @RegisterExtension private final LedgerLog log = new LedgerLog();

  private SmallDisk disk;
  private ScriptedProvider provider;

  @BeforeEach
  void mount() throws Exception {
    disk = SmallDisk.mount(storage, "3m");
    provider = ScriptedProvider.start(0, Script.PLAIN);
  }

  @AfterEach
  void unmount() throws Exception {
    if (disk != null) {
      provider.close();
      disk.close();
    }
  }

  private GatewayUnderTest start() {
    return GatewayUnderTest.start(
        provider.baseUrl(),
        InvoiceYaml.of(0, 0, "${PROVIDER}", storage, "relaxed")
            .replace("in-flight: 4096", "in-flight: " + SLOTS));
  }

  private void assertBooked(int calls) {
    PlainCalls.assertBooked(BilledCall.of(provider.invoice()), storage, calls);
  }

  @Test
  void callsGoOnWhileTheDiskIsFullAndAllRowsAreThereAfterwards() throws Exception {
    try (GatewayUnderTest gateway = start()) {
      PlainCalls calls = new PlainCalls(gateway.port());
      LedgerPort ledger = LedgerPort.of(gateway);
      calls.ask("before", 50);
      ledger.awaitWritten();
      disk.fill();
      calls.ask("full", 400);
      ledger.awaitUp(false);
      assertThat(log.errors()).anyMatch(line -> line.startsWith("The ledger cannot be written"));
      // Slots ran out; what has none is kept in memory, and that too is told.
      assertThat(AdminPort.of(gateway).metric("sluice_ledger_unbooked_total", "why=\"no_slot\""))
          .isPositive();
      assertThat(AdminPort.of(gateway).metric("sluice_ledger_queue_rows")).isPositive();

      disk.makeRoom();
      ledger.awaitUp(true);
      ledger.awaitWritten();
      assertThat(ledger.lostCalls()).isZero();
      assertThat(log.infos()).anyMatch(line -> line.startsWith("The ledger is written again"));
      assertBooked(450);
    }
  }

  @Test
  void aGatewayStartsOnAFullDiskAndWritesWhenThereIsRoom() throws Exception {
    disk.fill();
    try (GatewayUnderTest gateway = start()) {
      PlainCalls calls = new PlainCalls(gateway.port());
      LedgerPort ledger = LedgerPort.of(gateway);
      assertThat(ledger.isUp()).isFalse();
      assertThat(log.errors()).isNotEmpty();
      calls.ask("full", 100);
      disk.makeRoom();
      ledger.awaitUp(true);
      calls.ask("room", 100);
      ledger.awaitWritten();
      assertThat(ledger.lostCalls()).isZero();
      assertBooked(200);
    }
  }

  @Test
  void aDirectoryThatCannotBeWrittenIsToldAndTriedAgain() throws Exception {
    disk.setWritable(false);
    try (GatewayUnderTest gateway = start()) {
      PlainCalls calls = new PlainCalls(gateway.port());
      LedgerPort ledger = LedgerPort.of(gateway);
      assertThat(ledger.isUp()).isFalse();
      assertThat(log.errors()).anyMatch(line -> line.contains(storage.toString()));
      calls.ask("read-only", 100);
      disk.setWritable(true);
      ledger.awaitUp(true);
      ledger.awaitWritten();
      assertThat(ledger.lostCalls()).isZero();
      assertBooked(100);
    }
  }
}

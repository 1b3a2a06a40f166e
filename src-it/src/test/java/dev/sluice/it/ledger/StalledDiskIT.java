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
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A ledger that cannot write for seconds holds up no call.
 *
 * <p>Another program takes the database for itself, as a backup might, for longer than the ledger's
 * own patience with it. Calls meanwhile take as long as calls before.
 */
@ExtendWith(NoLeaks.class)
class StalledDiskIT {

  private static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(3);

  @TempDir private Path storage;
  @RegisterExtension private final LedgerLog log = new LedgerLog();

  @Test
  void callsTakeNoLongerWhileTheLedgerCannotWrite() throws Exception {
    try (ScriptedProvider provider = ScriptedProvider.start(0, Script.PLAIN);
        GatewayUnderTest gateway =
            GatewayUnderTest.start(
                provider.baseUrl(), InvoiceYaml.of(0, 0, "${PROVIDER}", storage, "relaxed"))) {
      PlainCalls calls = new PlainCalls(gateway.port());
      LedgerPort ledger = LedgerPort.of(gateway);
      calls.ask("warm", 1_000);
      long[] calm = calls.ask("calm", 500);
      ledger.awaitWritten();
      long before = ledger.rows();
      String url = "jdbc:sqlite:" + InvoiceYaml.ledgerIn(storage).resolve("ledger.db");
      int asked = 0;
      long[] stalled = {};
      try (Connection other = DriverManager.getConnection(url);
          Statement statement = other.createStatement()) {
        statement.executeUpdate("BEGIN EXCLUSIVE");
        long until = System.nanoTime() + STALL_NANOS;
        while (System.nanoTime() < until) {
          long[] some = calls.ask("stalled" + asked, 100);
          asked += some.length;
          stalled = Arrays.copyOf(stalled, asked);
          System.arraycopy(some, 0, stalled, asked - some.length, some.length);
        }
        assertThat(ledger.rows()).isEqualTo(before);
        assertThat(AdminPort.of(gateway).metric("sluice_ledger_lag_seconds")).isGreaterThan(2);
        assertThat(ledger.isUp()).isFalse();
        statement.executeUpdate("ROLLBACK");
      }
      ledger.awaitWritten();
      assertThat(log.errors()).anyMatch(line -> line.contains("The ledger cannot be written"));
      System.out.printf(
          "StalledDiskIT: %d calls before, median %.2f ms, p99 %.2f ms; %d meanwhile, %.2f, %.2f,"
              + " longest %.2f%n",
          calm.length,
          millis(calm, 50),
          millis(calm, 99),
          asked,
          millis(stalled, 50),
          millis(stalled, 99),
          millis(stalled, 100));
      // One that had waited for the ledger would have taken a second at least.
      assertThat(millis(stalled, 100)).isLessThan(500);
      assertThat(millis(stalled, 50)).isLessThan(2 * millis(calm, 50) + 1);
      PlainCalls.assertBooked(
          BilledCall.of(provider.invoice()), storage, 1_000 + calm.length + asked);
    }
  }

  private static double millis(long[] nanos, int percent) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)] / 1e6;
  }
}

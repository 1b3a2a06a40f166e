package dev.sluice.it.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.GatewayUnderTest;
import java.io.IOException;
import java.time.Duration;
import org.awaitility.Awaitility;

/** What a gateway's metrics say of its ledger. */
record LedgerPort(AdminPort admin) {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  static LedgerPort of(GatewayUnderTest gateway) {
    return new LedgerPort(AdminPort.of(gateway));
  }

  boolean isUp() throws IOException {
    return admin.metric("sluice_ledger_up") == 1;
  }

  void awaitUp(boolean up) {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(isUp()).as("the ledger writes").isEqualTo(up));
  }

  /** Returns when no call is at work, and all that ended is committed. */
  void awaitWritten() {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(admin.metric("sluice_active_calls")).isZero();
              assertThat(admin.metric("sluice_ledger_open_intents")).isZero();
              assertThat(admin.metric("sluice_ledger_queue_rows")).isZero();
            });
  }

  long rows() throws IOException {
    return (long) admin.metric("sluice_ledger_rows_total");
  }

  long lostCalls() throws IOException {
    return (long) admin.metric("sluice_ledger_lost_total", "what=\"calls\"");
  }
}

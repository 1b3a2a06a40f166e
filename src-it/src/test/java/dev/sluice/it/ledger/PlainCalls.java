package dev.sluice.it.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.invoice.BilledCall;
import dev.sluice.it.invoice.Comparison;
import dev.sluice.it.invoice.LedgerBook;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The simplest calls, one after the other on one connection, each with an id. */
record PlainCalls(int port) {

  private static final String BODY = Bodies.CHAT.replace("scripted-1", "gpt-5.4-mini");

  /**
   * Asks so many times; each must be answered.
   *
   * @param round a word that no other round has
   * @return how long each took, in nanoseconds
   */
  long[] ask(String round, int calls) throws IOException {
    long[] nanos = new long[calls];
    try (RawClient client = new RawClient(port)) {
      for (int i = 0; i < calls; i++) {
        String body = BODY.replace("\"?\"", "\"" + round + i + "\"");
        long from = System.nanoTime();
        client.post(
            Bodies.CHAT_PATH, body, "x-call: " + round + ".READ." + i + ".0", "x-script: events=2");
        assertThat(client.answer().status()).isEqualTo(200);
        nanos[i] = System.nanoTime() - from;
      }
    }
    return nanos;
  }

  /** All that was billed is in the ledger, once and exactly. */
  static void assertBooked(List<BilledCall> bills, Path storage, int calls) {
    Comparison comparison =
        Comparison.of(
            bills, LedgerBook.in(dev.sluice.it.invoice.InvoiceYaml.ledgerIn(storage)).rows());
    assertThat(comparison.problems()).isEmpty();
    assertThat(comparison.isExact()).isTrue();
    assertThat(comparison.equal()).isEqualTo(calls);
  }
}

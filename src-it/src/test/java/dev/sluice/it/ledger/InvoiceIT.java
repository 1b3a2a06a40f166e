package dev.sluice.it.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.Script;
import dev.sluice.admin.demo.ScriptedProvider;
import dev.sluice.billing.ledger.CallQuery;
import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.LedgerQueries;
import dev.sluice.billing.usage.UsageSource;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.invoice.BilledCall;
import dev.sluice.it.invoice.Comparison;
import dev.sluice.it.invoice.Crowd;
import dev.sluice.it.invoice.InvoiceYaml;
import dev.sluice.it.invoice.LedgerBook;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * After thousands of calls the ledger says what the provider bills, to the token and to the
 * nano-dollar: calls of all APIs, models, tiers and lengths, with clients that leave and ask again,
 * refusals, answers that break off. What a bill comes to is worked out by {@code it.invoice}, by
 * prices of its own. The same by the hundred thousand, and against the built program: {@code
 * src-it/prove invoice}.
 */
@ExtendWith(NoLeaks.class)
class InvoiceIT {

  private static final int CALLS = Integer.getInteger("sluice.invoice", 3_000);

  @TempDir private Path storage;

  private ScriptedProvider provider;
  private GatewayUnderTest gateway;

  @BeforeEach
  void start() {
    provider = ScriptedProvider.start(0, Script.PLAIN);
    gateway =
        GatewayUnderTest.start(
            provider.baseUrl(), InvoiceYaml.of(0, 0, "${PROVIDER}", storage, "relaxed"));
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  private LedgerBook book() throws IOException {
    LedgerPort.of(gateway).awaitWritten();
    return LedgerBook.in(InvoiceYaml.ledgerIn(storage));
  }

  @Test
  void theLedgerIsTheInvoice() throws Exception {
    long seed = Long.getLong("sluice.seed", System.nanoTime());
    System.out.println("InvoiceIT: " + CALLS + " calls, -Dsluice.seed=" + seed);
    Crowd crowd = Crowd.asking(gateway.port(), "it", seed, CALLS);
    crowd.play();
    LedgerBook book = book();
    Comparison comparison = Comparison.of(BilledCall.of(provider.invoice()), book.rows());
    System.out.println("InvoiceIT: " + crowd.told());
    System.out.println("InvoiceIT: " + comparison);

    assertThat(crowd.failures()).isEmpty();
    assertThat(comparison.problems()).isEmpty();
    assertThat(comparison.isExact()).isTrue();
    // Some leave before their call is sent: nothing is billed for those.
    assertThat(comparison.billed()).isBetween(CALLS * 9L / 10, CALLS * 12L / 10);
    assertThat(comparison.equal()).isGreaterThan(CALLS * 8L / 10);
    assertThat(comparison.estimated()).isBetween(1L, CALLS * 15L / 100);
    assertThat(comparison.byDialect().split(", ")).hasSize(5);

    // Sums are those of the rows, and whoever read what was paid for has avoided just that.
    assertThat(book.sumsDifference()).isZero();
    assertThat(book.reads()).isGreaterThan(CALLS / 20);
    assertThat(book.avoidedDifference()).isZero();
    assertThat(book.rows())
        .allSatisfy(
            row -> {
              assertThat(row.team()).hasToString("TeamId[name=payers]");
              assertThat(row.keyId()).isNull();
            });
  }

  /** It says what the answer had come to at its beginning; more of it has come since. */
  @Test
  void aCountThatAnErrorCutShortIsMarked() throws Exception {
    RawAnswer answer = ask("/v1/messages", Bodies.MESSAGES_STREAM, "events=9;at=between@7:error");
    assertThat(answer.body()).contains("overloaded_error");
    CallRecord row = book().rows().getFirst();
    assertThat(row.reason()).isEqualTo("error_in_body");
    assertThat(row.usageSource()).isEqualTo(UsageSource.PARTIAL);
    assertThat(row.usage().output())
        .isGreaterThan(1)
        .isEqualTo(provider.invoice().of("scripted-1").outputTokens());
  }

  /** Gemini says in every event what it has come to. */
  @Test
  void aRunningCountIsExactAlsoWhereTheAnswerBreaksOff() throws Exception {
    String path = "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse";
    ask(path, Bodies.GEMINI, "events=9;input=300;cached=100;at=between@7:close");
    CallRecord row = book().rows().getFirst();
    assertThat(row.usageSource()).isEqualTo(UsageSource.PARTIAL);
    assertThat(row.usage().uncachedInput()).isEqualTo(200);
    assertThat(row.usage().cacheRead()).isEqualTo(100);
    assertThat(row.usage().output()).isEqualTo(7);
    assertThat(provider.invoice().of("gemini-2.5-pro").outputTokens()).isEqualTo(7);
  }

  @Test
  void aReplayIsReadOfTheCallThatWasPaidForByItsOwnTags() throws Exception {
    String script = "events=5;input=1000;cached=400";
    String body = Bodies.CHAT.replace("scripted-1", "gpt-6.1-sol");
    String id = "Idempotency-Key: one";
    ask(Bodies.CHAT_PATH, body, script, id, "x-call: first", "Sluice-Run-Id: run-1");
    LedgerPort.of(gateway).awaitWritten();
    RawAnswer again =
        ask(Bodies.CHAT_PATH, body, script, id, "x-call: second", "Sluice-Run-Id: run-2");
    assertThat(again.field("Sluice-Replay")).isEqualTo("replayed");
    book();
    LedgerQueries queries = LedgerQueries.in(InvoiceYaml.ledgerIn(storage));
    CallRecord call = queries.calls(CallQuery.newest(10)).calls().getFirst().call();
    assertThat(call.tags()).containsEntry("x-call", "first").containsEntry("run-id", "run-1");
    List<CallRecord> reads = java.util.Objects.requireNonNull(queries.call(call.callId())).reads();
    assertThat(reads)
        .singleElement()
        .satisfies(
            read -> {
              assertThat(read.tags())
                  .containsEntry("x-call", "second")
                  .containsEntry("run-id", "run-2");
              assertThat(read.replay()).isEqualTo("replayed");
              assertThat(read.avoided()).isEqualTo(call.usage());
              assertThat(read.cost().nanoUsd()).isZero();
              // 600 at $2, 400 at $0.10 and 5 at $10 per million.
              assertThat(read.avoidedCost().nanoUsd()).isEqualTo(1_200_000 + 40_000 + 50_000);
            });
    assertThat(provider.invoice().calls()).hasSize(1);
  }

  @Test
  void aLookUpIsNotInTheLedger() throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      assertThat(client.get("/v1/models").answer().status()).isEqualTo(200);
    }
    ask(Bodies.CHAT_PATH, Bodies.CHAT, "events=1");
    assertThat(book().rows()).hasSize(1);
  }

  private RawAnswer ask(String path, String body, String script, String... fields)
      throws IOException {
    String[] all = java.util.Arrays.copyOf(fields, fields.length + 1);
    all[fields.length] = "x-script: " + script;
    try (RawClient client = new RawClient(gateway.port())) {
      return client.post(path, body, all).answer();
    }
  }
}

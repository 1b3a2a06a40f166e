package dev.sluice.it.invoice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.CallRecord.Metering;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The comparison sees what is wrong with a ledger, before any ledger is found right by it. */
class ComparisonTest {

  private static final String ID = "round.READ.1.0";
  private static final String BLIND_ID = "round.SILENT.1.0";

  /** 600 at $0.75, 400 at $0.075 and 10 at $4.50 per million. */
  private static final BilledCall BILL =
      new BilledCall(ID, "gpt-5.4-mini", "standard", new Meters(600, 400, 0, 0, 0, 10));

  private static final Usage USAGE = new Usage(600, 400, 0, 0, 0, 0, 10, 0);
  private static final Cost COST =
      new Cost(Cost.State.KNOWN, 450_000, 30_000, 0, 45_000, 0, 0, "by hand");

  private static CallRecord row(
      String id, Outcome outcome, Usage usage, UsageSource source, Cost cost) {
    return new CallRecord(
        "req_1",
        new TeamId("payers"),
        null,
        id.isEmpty() ? Map.of() : Map.of("x-call", id),
        "openai",
        "openai.chat",
        "chat",
        "openai",
        "gpt-5.4-mini",
        "gpt-5.4-mini",
        null,
        false,
        200,
        outcome,
        "complete",
        "stream_back",
        usage,
        source,
        cost,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        false,
        "live",
        1,
        "none",
        Usage.NONE,
        Cost.NONE,
        Metering.NONE,
        CallRecord.Caching.NONE);
  }

  private static final CallRecord RIGHT =
      row(ID, Outcome.COMPLETE, USAGE, UsageSource.PROVIDER, COST);

  private static Comparison of(CallRecord... rows) {
    return Comparison.of(List.of(BILL), List.of(rows));
  }

  @Test
  void equalIsExact() {
    Comparison right = of(RIGHT);
    assertThat(right.isExact()).isTrue();
    assertThat(right.equal()).isEqualTo(1);
    assertThat(right.byDialect()).isEqualTo("openai.chat 1");
    assertThat(Comparison.of(List.of(), List.of()).isExact()).as("of nothing").isFalse();
  }

  @Test
  void aBillWithoutARowIsLost() {
    assertThat(of().lost()).isEqualTo(1);
    CallRecord free = row(ID, Outcome.COMPLETE, Usage.NONE, UsageSource.NONE, Cost.NONE);
    assertThat(of(free).lost()).as("a row that says that nothing was billed").isEqualTo(1);
    assertThat(of(free).isExact()).isFalse();
  }

  @Test
  void aSecondRowAndASecondBillAreDoubled() {
    assertThat(of(RIGHT, RIGHT, RIGHT).doubled()).isEqualTo(2);
    assertThat(Comparison.of(List.of(BILL, BILL), List.of(RIGHT)).doubled()).isEqualTo(1);
    assertThat(of(RIGHT, RIGHT).isExact()).isFalse();
  }

  @Test
  void aTokenOnAnotherMeterIsADifferenceOnBoth() {
    Usage moved = new Usage(599, 401, 0, 0, 0, 0, 10, 0);
    Comparison wrong = of(row(ID, Outcome.COMPLETE, moved, UsageSource.PROVIDER, COST));
    assertThat(wrong.tokenDifference()).isEqualTo(2);
    assertThat(wrong.nanoUsdDifference()).isZero();
    assertThat(wrong.isExact()).isFalse();
  }

  @Test
  void aNanoDollarIsADifference() {
    Cost more = new Cost(Cost.State.KNOWN, 450_001, 30_000, 0, 45_000, 0, 0, "");
    Comparison wrong = of(row(ID, Outcome.COMPLETE, USAGE, UsageSource.PROVIDER, more));
    assertThat(wrong.nanoUsdDifference()).isEqualTo(1);
    assertThat(wrong.isExact()).isFalse();
  }

  @Test
  void anEstimateIsAllowedOnlyWhereTheProviderDidNotTellOrTheGatewayDied() {
    for (UsageSource source : List.of(UsageSource.ESTIMATE, UsageSource.PARTIAL)) {
      assertThat(of(row(ID, Outcome.COMPLETE, USAGE, source, COST)).unexpected()).isEqualTo(1);
      assertThat(of(row(ID, Outcome.COMPLETE, USAGE, source, COST)).isExact()).isFalse();
    }
    Comparison died = of(row(ID, Outcome.LOST, USAGE, UsageSource.ESTIMATE, COST));
    assertThat(died.isExact()).isTrue();
    assertThat(died.diedAndBilled()).isEqualTo(1);
    Comparison blind =
        Comparison.of(
            List.of(new BilledCall(BLIND_ID, BILL.model(), BILL.tier(), BILL.meters())),
            List.of(row(BLIND_ID, Outcome.COMPLETE, USAGE, UsageSource.ESTIMATE, COST)));
    assertThat(blind.isExact()).isTrue();
    assertThat(blind.estimated()).isEqualTo(1);
  }

  @Test
  void aRowWithoutABillIsADifference() {
    String other = "round.READ.2.0";
    Comparison wrong = of(RIGHT, row(other, Outcome.COMPLETE, USAGE, UsageSource.PROVIDER, COST));
    assertThat(wrong.tokenDifference()).isEqualTo(1_010);
    assertThat(wrong.nanoUsdDifference()).isEqualTo(525_000);
    Comparison refused =
        of(RIGHT, row(other, Outcome.PROVIDER_ERROR, Usage.NONE, UsageSource.NONE, Cost.NONE));
    assertThat(refused.isExact()).as("nothing was billed, and the row says so").isTrue();
    Comparison died = of(RIGHT, row(other, Outcome.LOST, USAGE, UsageSource.ESTIMATE, COST));
    assertThat(died.isExact()).isTrue();
    assertThat(died.diedUnbilled()).isEqualTo(1);
  }

  @Test
  void aRowWithoutAnIdIsNotPassedOver() {
    assertThat(of(RIGHT, row("", Outcome.COMPLETE, USAGE, UsageSource.PROVIDER, COST)).isExact())
        .isFalse();
  }
}

package dev.sluice.core.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.usage.UsageSource;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CallLogTest {

  private static String withModel(String model) {
    return CallLog.line(Calls.of(model, null, Outcome.COMPLETE, "complete", UsageSource.PROVIDER));
  }

  @Test
  void aLineSaysWhoEndedTheCallWhereAndWhy() {
    assertThat(
            CallLog.line(
                Calls.of("gpt-5.2", null, Outcome.CLIENT_GONE, "reset", UsageSource.PARTIAL)))
        .isEqualTo(
            "call 7f3a ended by=client in=stream_back why=reset after=31.2s status=200 team=chat"
                + " route=openai dialect=openai.chat provider=openai-main model=gpt-5.2"
                + " first_byte=0.420s pool=shared queue=0.000s reserved=1000 tokens=812/950"
                + " source=partial bytes=20480 cost_nano_usd=unknown keep_alives=2 silence=18.1s"
                + " late_error=true");
  }

  @Test
  void theServedModelIsNamedWhereItIsAnother() {
    assertThat(CallLog.line(Calls.complete()))
        .contains(" model=gpt-5.2 served=gpt-5.2-2026-01-01 ");
  }

  @Test
  void aLineSaysHowOftenAnAnswerWasReadAndWhetherItsClientsLeft() {
    assertThat(CallLog.line(Calls.read("live", 1, "none")))
        .endsWith(" late_error=true")
        .doesNotContain("replay=", "cursors=", "orphan=");
    assertThat(CallLog.line(Calls.read("joined", 3, "returned")))
        .endsWith(" late_error=true replay=joined cursors=3 orphan=returned");
    assertThat(CallLog.line(Calls.read("live", 0, "none"))).endsWith(" cursors=0");
    assertThat(CallLog.line(Calls.read("live", 1, "budget_spent")))
        .endsWith(" late_error=true orphan=budget_spent");
  }

  @Test
  void everyOutcomeNamesSomebody() {
    for (CallRecord.Outcome outcome : Outcome.values()) {
      assertThat(CallLog.line(Calls.of("m", null, outcome, "x", UsageSource.NONE)))
          .containsPattern(" ended by=(provider|gateway|client|shutdown|operator) ");
    }
  }

  @Test
  void aModelNameCannotForgeALineOrAField() {
    assertThat(withModel("m\r\ncall ffff ended by=gateway"))
        .contains(" model=\"m\\u000d\\u000acall ffff ended by=gateway\" first_byte=");
    assertThat(withModel("m\" team=other \\")).contains(" model=\"m\\\" team=other \\\\\" ");
    assertThat(withModel("m team=other")).contains(" model=\"m team=other\" ");
    assertThat(withModel("")).contains(" model=\"\" ");
    assertThat(withModel("\u202Egnp\u2028")).contains(" model=\"\\u202egnp\\u2028\" ");
    assertThat(withModel("a=b")).contains(" model=\"a=b\" ");
    assertThat(withModel("x".repeat(10_000))).contains("x...\" ").hasSizeLessThan(500);
  }

  /** Whatever a name holds, the rest of the line can be found behind it by the rules of quoting. */
  @Test
  void anyNameLeavesTheLineWhole() {
    long seed = 20_261_125;
    var random = new Random(seed);
    for (int round = 0; round < 5_000; round++) {
      var name = new StringBuilder();
      int length = random.nextInt(40);
      for (int i = 0; i < length; i++) {
        name.append(
            (char) (random.nextInt(4) == 0 ? random.nextInt(0x10000) : random.nextInt(128)));
      }
      String line = withModel(name.toString());
      assertThat(line)
          .as("seed %d round %d", seed, round)
          .matches("[ -~]*")
          .matches(
              ".* provider=openai-main model=([A-Za-z0-9_.:/@+-]+|\"([^\"\\\\]|\\\\.)*\")"
                  + " first_byte=.*");
    }
  }

  @Test
  void timesHaveThreeDigits() {
    assertThat(seconds(0)).isEqualTo("0.000s");
    assertThat(seconds(999_999_999)).isEqualTo("0.999s");
    assertThat(seconds(1_000_000_000)).isEqualTo("1.0s");
    assertThat(seconds(99_999_000_000L)).isEqualTo("99.9s");
    assertThat(seconds(100_000_000_000L)).isEqualTo("100s");
    assertThat(seconds(-5)).isEqualTo("0.000s");
  }

  private static String seconds(long nanos) {
    var text = new StringBuilder();
    CallLog.seconds(text, nanos);
    return text.toString();
  }
}

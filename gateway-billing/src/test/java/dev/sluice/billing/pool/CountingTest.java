package dev.sluice.billing.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.usage.Usage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A call estimated at 1,000 in and 200 out, capped at 500; billed 300 uncached, 600 read from the
 * cache, 100 written to it and 250 out. The expected numbers are worked out by hand from
 * provider-wire-facts, section 2.2.
 */
class CountingTest {

  private static final Estimate ESTIMATE = new Estimate(1_000, 200, 500);
  private static final Usage USAGE = new Usage(300, 600, 100, 0, 0, 0, 250, 50);

  @ParameterizedTest
  @CsvSource({
    //            at admission           at settlement
    //            input output total     input output total
    "OPENAI,      1000,   500, 1500,      1000,   250, 1250",
    "AZURE,       1000,   500, 1500,      1000,   500, 1500",
    "ANTHROPIC,   1000,   200, 1200,       400,   250,  650",
    "BEDROCK,     1000,   500, 1500,       400,  1250, 1650",
    "GEMINI,      1000,   200, 1000,      1000,   250, 1000",
    "GROQ,        1000,   200, 1200,       400,   250,  650",
    "PLAIN,       1000,   200, 1200,      1000,   250, 1250"
  })
  void eachProviderCountsInItsOwnWay(
      Counting counting, long in, long out, long total, long inAfter, long outAfter, long after) {
    assertThat(counting.atAdmission(Counts.REQUESTS, ESTIMATE)).isEqualTo(1);
    assertThat(counting.atAdmission(Counts.INPUT_TOKENS, ESTIMATE)).isEqualTo(in);
    assertThat(counting.atAdmission(Counts.OUTPUT_TOKENS, ESTIMATE)).isEqualTo(out);
    assertThat(counting.atAdmission(Counts.TOTAL_TOKENS, ESTIMATE)).isEqualTo(total);
    assertThat(counting.atSettlement(Counts.REQUESTS, ESTIMATE, USAGE)).isEqualTo(1);
    assertThat(counting.atSettlement(Counts.INPUT_TOKENS, ESTIMATE, USAGE)).isEqualTo(inAfter);
    assertThat(counting.atSettlement(Counts.OUTPUT_TOKENS, ESTIMATE, USAGE)).isEqualTo(outAfter);
    assertThat(counting.atSettlement(Counts.TOTAL_TOKENS, ESTIMATE, USAGE)).isEqualTo(after);
  }

  @ParameterizedTest
  @CsvSource({"OPENAI, 1700", "AZURE, 1700", "BEDROCK, 1700", "ANTHROPIC, 1700"})
  void withoutACapTheExpectedOutputCounts(Counting counting, long total) {
    Estimate uncapped = new Estimate(1_000, 700, -1);
    assertThat(counting.atAdmission(Counts.TOTAL_TOKENS, uncapped)).isEqualTo(total);
  }

  @ParameterizedTest
  @CsvSource({"OPENAI", "BEDROCK", "GEMINI"})
  void nonsenseIsCutToWhatABucketTakes(Counting counting) {
    Estimate huge = new Estimate(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);
    Usage usage = new Usage(Long.MAX_VALUE / 8, 0, 0, 0, 0, 0, Long.MAX_VALUE, 0);
    for (Counts counts : Counts.values()) {
      assertThat(counting.atAdmission(counts, huge)).isBetween(1L, Bucket.COST_MAX);
      assertThat(counting.atSettlement(counts, huge, usage)).isBetween(1L, Bucket.COST_MAX);
    }
  }
}

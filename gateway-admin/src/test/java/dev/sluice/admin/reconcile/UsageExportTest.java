package dev.sluice.admin.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.reconcile.UsageExport.Read;
import dev.sluice.admin.reconcile.UsageExport.Row;
import dev.sluice.admin.reconcile.UsageExport.Unreadable;
import dev.sluice.billing.usage.Usage;
import java.io.IOException;
import java.io.InputStream;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of src/test/resources/reconcile have the form that the providers publish. */
class UsageExportTest {

  private static final LocalDate FIRST = LocalDate.parse("2026-11-01");

  static byte[] file(String name) throws IOException {
    try (InputStream in = UsageExportTest.class.getResourceAsStream("/reconcile/" + name)) {
      return Objects.requireNonNull(in, name).readAllBytes();
    }
  }

  static UsageExport read(byte[] bytes) {
    UsageExport.Result result = UsageExport.read(bytes);
    assertThat(result).isInstanceOf(Read.class);
    return ((Read) result).export();
  }

  private static List<String> problems(String text) {
    UsageExport.Result result = UsageExport.read(text.getBytes(UTF_8));
    assertThat(result).as(text).isInstanceOf(Unreadable.class);
    return ((Unreadable) result).problems();
  }

  private static Usage usage(long input, long read, long w5m, long w30m, long w1h, long output) {
    return new Usage(input, read, w5m, w30m, w1h, 0, output, 0);
  }

  // ---- OpenAI

  @Test
  void openAisUsageIsAddedUpPerModelAndDayOverItsPages() throws IOException {
    UsageExport export = read(file("openai-usage.json"));
    assertThat(export.provider()).isEqualTo("openai");
    assertThat(export.from()).isEqualTo("2026-11-01T00:00:00Z");
    assertThat(export.until()).as("empty days count").isEqualTo("2026-11-04T00:00:00Z");
    assertThat(export.rows())
        .containsExactly(
            new Row(
                FIRST,
                "gpt-5.4-mini-2026-03-05",
                usage(62_000, 80_000, 0, 0, 0, 10_000),
                500,
                null,
                0),
            new Row(FIRST, "gpt-5.6-sol", usage(2000, 1000, 0, 2000, 0, 1000), 5, null, 0),
            new Row(
                FIRST.plusDays(2), "text-embedding-3-small", usage(16, 0, 0, 0, 0, 0), 2, null, 0));
    assertThat(export.notes()).as("the last page has no more").isEmpty();
  }

  @Test
  void openAisCostsAreDollarsPerLineItem() throws IOException {
    assertThat(read(file("openai-costs.json")).rows())
        .containsExactly(
            new Row(FIRST, "Image models", null, -1, 60_000_000L, 0),
            new Row(FIRST, "gpt-5.4-mini-2026-03-05", null, -1, 89_800_750L, 0));
  }

  @Test
  void openAisUsageCsvSaysTheSameAsItsJson() throws IOException {
    UsageExport export = read(file("openai-usage.csv"));
    assertThat(export.rows()).containsExactly(read(file("openai-usage.json")).rows().getFirst());
    assertThat(export.until()).as("an empty day").isEqualTo("2026-11-03T00:00:00Z");
  }

  @Test
  void openAisCostCsvSaysTheSameAsItsJson() throws IOException {
    UsageExport export = read(file("openai-costs.csv"));
    assertThat(export.rows()).containsExactly(read(file("openai-costs.json")).rows().get(1));
    assertThat(export.from()).as("a day without a charge").isEqualTo("2026-10-31T00:00:00Z");
  }

  @Test
  void openAisExportOfNoUsageAtAllIsAnExport() {
    UsageExport export =
        read(
            """
            start_time,end_time,start_time_iso,end_time_iso
            1793491200,1793577600,2026-11-01T00:00:00,2026-11-02T00:00:00
            """
                .getBytes(UTF_8));
    assertThat(export.rows()).isEmpty();
    assertThat(export.provider()).isEqualTo("openai");
  }

  // ---- Anthropic

  @Test
  void anthropicsUsageIsAddedUpOverTheArrayOfItsPages() throws IOException {
    UsageExport export = read(file("anthropic-usage.json"));
    assertThat(export.provider()).isEqualTo("anthropic");
    assertThat(export.until()).isEqualTo("2026-11-03T00:00:00Z");
    assertThat(export.rows())
        .containsExactly(
            new Row(
                FIRST,
                "claude-sonnet-4-5-20250929",
                usage(1507, 200, 500, 0, 1000, 511),
                -1,
                null,
                0));
  }

  @Test
  void anthropicsCostsAreCentsAndWhatIsNoModelStandsForItself() throws IOException {
    UsageExport export = read(file("anthropic-costs.json"));
    assertThat(export.rows())
        .containsExactly(
            new Row(FIRST, "claude-sonnet-4-5-20250929", null, -1, 1_237_891_200L, 0),
            new Row(FIRST, "web_search", null, -1, 10_000_000L, 0));
    assertThat(export.notes()).singleElement().asString().contains("has_more");
  }

  @Test
  void anthropicsUsageCsvSaysTheSameAsItsJson() throws IOException {
    assertThat(read(file("anthropic-usage.csv")).rows())
        .containsExactly(
            read(file("anthropic-usage.json")).rows().getFirst(),
            new Row(
                FIRST.plusDays(1),
                "claude-haiku-4-5-20251001",
                usage(50_000, 0, 0, 0, 0, 2000),
                -1,
                null,
                0));
  }

  @Test
  void anthropicsCostCsvHasNamesForPeopleAndWholeCents() throws IOException {
    assertThat(read(file("anthropic-costs.csv")).rows())
        .containsExactly(
            new Row(FIRST, "claude-3-5-sonnet-2024-10-22", null, -1, 100_000_000L, 5_000_000),
            new Row(FIRST, "claude-haiku-4-5", null, -1, 70_000_000L, 10_000_000),
            new Row(FIRST, "web_search", null, -1, 70_000_000L, 5_000_000));
  }

  // ---- glued, and cut

  @Test
  void usageAndCostsMayBeGluedTogether() throws IOException {
    byte[] usage = file("openai-usage.json");
    byte[] costs = file("openai-costs.json");
    byte[] both = java.util.Arrays.copyOf(usage, usage.length + costs.length);
    System.arraycopy(costs, 0, both, usage.length, costs.length);
    Row row = read(both).rows().get(1);
    assertThat(row.model()).isEqualTo("gpt-5.4-mini-2026-03-05");
    assertThat(row.requests()).isEqualTo(500);
    assertThat(row.costNanoUsd()).isEqualTo(89_800_750L);
  }

  @Test
  void filesOfACsvMayBeGluedTogether() throws IOException {
    String csv = new String(file("anthropic-usage.csv"), UTF_8);
    Row once = read(csv.getBytes(UTF_8)).rows().getFirst();
    Row twice = read((csv + "\r\n" + csv).getBytes(UTF_8)).rows().getFirst();
    assertThat(Objects.requireNonNull(twice.usage()).output())
        .isEqualTo(2 * Objects.requireNonNull(once.usage()).output());
  }

  @Test
  void aReportOfMinutesIsComparedInWholeHoursAndSaysSo() {
    UsageExport export =
        read(
            """
            {"data": [{"start_time": 1793491260, "end_time": 1793491320, "results": [
              {"input_tokens": 3, "output_tokens": 1, "model": "m"}]}]}
            """
                .getBytes(UTF_8));
    assertThat(export.from()).isEqualTo("2026-11-01T00:00:00Z");
    assertThat(export.until()).isEqualTo("2026-11-01T01:00:00Z");
    assertThat(export.notes()).singleElement().asString().contains("whole hours");
  }

  // ---- what is wrong

  /** Everything else of the line is right. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"input_tokens\": -1, \"output_tokens\": 1, \"model\": \"m\"}"
            + "|/data/0/results/0/input_tokens: found \"-1\", allowed is a whole number from 0 to"
            + " 1000000000000.",
        "{\"input_tokens\": 1.5, \"output_tokens\": 1, \"model\": \"m\"}"
            + "|/data/0/results/0/input_tokens: found \"1.5\", allowed is a whole number from 0 to"
            + " 1000000000000.",
        "{\"input_tokens\": \"1\", \"output_tokens\": 1, \"model\": \"m\"}"
            + "|/data/0/results/0/input_tokens: found \"1\", allowed is a whole number from 0 to"
            + " 1000000000000.",
        "{\"input_tokens\": 1e999999999, \"output_tokens\": 1, \"model\": \"m\"}"
            + "|/data/0/results/0/input_tokens: found \"1E+999999999\", allowed is a whole number"
            + " from 0 to 1000000000000.",
        "{\"input_tokens\": 10, \"input_cached_tokens\": 11, \"model\": \"m\"}"
            + "|/data/0/results/0: found input_cached_tokens 11 and input_cache_write_tokens 0,"
            + " allowed are together at most the input_tokens, 10.",
        "{\"input_tokens\": 10, \"output_tokens\": 1, \"model\": null}"
            + "|/data/0/results/0 has no model. Ask for the report with group_by=model.",
        "{\"amount\": {\"value\": 1, \"currency\": \"eur\"}, \"line_item\": \"a\"}"
            + "|/data/0/results/0/amount/currency: found \"eur\", allowed is USD.",
        "{\"amount\": {\"value\": \"x\", \"currency\": \"usd\"}, \"line_item\": \"a\"}"
            + "|/data/0/results/0/amount/value: found \"x\", allowed is an amount such as 12.34.",
        "{\"amount\": {\"value\": 1, \"currency\": \"usd\"}, \"line_item\": null}"
            + "|/data/0/results/0 has no line_item, so its model is unknown. Ask for the report"
            + " with group_by=line_item.",
        "[1]|/data/0/results/0: found an array, allowed is an object."
      })
  void aResultThatIsWrongIsToldByItsPointer(String result, String problem) {
    assertThat(
            problems(
                "{\"data\": [{\"start_time\": 1793491200, \"end_time\": 1793577600, \"results\": ["
                    + result
                    + "]}]}"))
        .containsExactly(problem);
  }

  @Test
  void aKindOfResultThatHasNoTokensIsTold() {
    assertThat(
            problems(
                """
                {"data": [{"start_time": 1793491200, "end_time": 1793577600, "results": [
                  {"object": "organization.usage.images.result", "images": 3}]}]}
                """))
        .singleElement()
        .asString()
        .startsWith("/data/0/results/0 is \"organization.usage.images.result\", which has neither");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"start_time\": 1793491200, \"end_time\": 1793664000"
            + "|/data/0 goes from 2026-11-01T00:00:00Z to 2026-11-03T00:00:00Z; allowed is a time"
            + " within one day (UTC).",
        "\"start_time\": 1793491200, \"end_time\": 1793491200"
            + "|/data/0 goes from 2026-11-01T00:00:00Z to 2026-11-01T00:00:00Z; allowed is a time"
            + " within one day (UTC).",
        "\"start_time\": \"soon\", \"end_time\": 1793491200"
            + "|/data/0: found start_time \"soon\", allowed are seconds since 1970 (OpenAI) or a"
            + " time such as 2026-11-26T00:00:00Z (Anthropic).",
        "\"starting_at\": \"2026-11-01T00:00:00Z\""
            + "|/data/0: found no end_time or ending_at, allowed are seconds since 1970 (OpenAI) or"
            + " a time such as 2026-11-26T00:00:00Z (Anthropic)."
      })
  void aBucketThatIsNoDayIsTold(String members, String problem) {
    assertThat(problems("{\"data\": [{" + members + ", \"results\": []}]}"))
        .containsExactly(problem);
  }

  @Test
  void aSecondDocumentIsNamed() throws IOException {
    String first = new String(file("anthropic-costs.json"), UTF_8);
    assertThat(problems(first + "{\"error\": {\"message\": \"no\"}}"))
        .singleElement()
        .asString()
        .startsWith("document 2, the document has neither \"data\" nor \"results\"");
    assertThat(problems(first + new String(file("openai-costs.json"), UTF_8)).getFirst())
        .isEqualTo(
            "document 2, /data/0 is of openai, what stands before it of anthropic. Give each"
                + " provider its own file.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2026-11-31,m,1,1|line 2, usage_date_utc: found \"2026-11-31\", allowed is a day such as"
            + " 2026-11-26.",
        "2026-11-01,m,1.5,1|line 2, usage_input_tokens_no_cache: found \"1.5\", allowed is a whole"
            + " number from 0 to 1000000000000.",
        "'2026-11-01,m,\"1,000\",1'|line 2, usage_input_tokens_no_cache: found \"1,000\", allowed"
            + " is a whole number from 0 to 1000000000000.",
        "2026-11-01,,1,1|line 2, model_version: found nothing. Export all columns.",
        "'2026-11-01,\"m\"x,1,1'|line 2: found \"x,1,1\" behind a quoted field, allowed is a comma"
            + " or the end of the line.",
        "'2026-11-01,\"m'|line 2 opens a quote that is never closed."
      })
  void aLineOfACsvThatIsWrongIsToldByItsNumber(String line, String problem) {
    assertThat(
            problems(
                "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_output_tokens\n"
                    + line))
        .containsExactly(problem);
  }

  @Test
  void linesAreCountedThroughFieldsOfSeveralLines() {
    assertThat(
            problems(
                """
                usage_date_utc,model_version,usage_input_tokens_no_cache,usage_output_tokens
                2026-11-01,"two
                lines",1,1\r
                2026-11-01,m,x,1
                """))
        .singleElement()
        .asString()
        .startsWith("line 4, usage_input_tokens_no_cache");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "   ", "a,b,c\n1,2,3\n", "{}", "[]", "[1]", "{\"data\": []}", "{\"data\": 3}"})
  void whatIsNoReportIsToldWithThoseThatAre(String text) {
    assertThat(problems(text)).allSatisfy(problem -> assertThat(problem).isNotBlank());
    assertThat(String.join(" ", problems(text))).containsAnyOf(ExportForm.KNOWN, "an object");
  }

  @Test
  void brokenJsonIsToldByLineAndColumn() {
    assertThat(problems("{\"data\": [\n  {\"results\": [}\n"))
        .singleElement()
        .asString()
        .startsWith("line 2, column ");
    assertThat(problems("{\"data\": [], \"data\": []}"))
        .singleElement()
        .asString()
        .contains("Duplicate");
  }

  @Test
  void notMoreProblemsAreToldThanSomebodyReads() {
    String bad = "{\"input_tokens\": -1},".repeat(100) + "{\"input_tokens\": -1}";
    assertThat(
            problems(
                "{\"data\": [{\"start_time\": 1793491200, \"end_time\": 1793577600, \"results\": ["
                    + bad
                    + "]}]}"))
        .hasSize(UsageExport.PROBLEMS_MAX);
  }

  @Test
  void anExportThatIsTooLongIsNotRead() {
    assertThat(((Unreadable) UsageExport.read(new byte[UsageExport.BYTES_MAX + 1])).problems())
        .containsExactly("The export has 16777217 bytes; allowed are 16777216.");
  }

  /** Whatever is made of a file, it is read or refused, and never anything else. */
  @Test
  void noMutilatedFileBreaksTheReader() throws IOException {
    long seed = Long.getLong("seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    for (String name : List.of("openai-usage.json", "anthropic-usage.json", "openai-costs.csv")) {
      byte[] whole = file(name);
      for (int i = 0; i < 2_000; i++) {
        byte[] bytes = java.util.Arrays.copyOf(whole, 1 + random.nextInt(whole.length));
        for (int n = random.nextInt(4); n > 0; n--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        assertThat(UsageExport.read(bytes)).as("seed %d, %s %d", seed, name, i).isNotNull();
      }
    }
  }
}

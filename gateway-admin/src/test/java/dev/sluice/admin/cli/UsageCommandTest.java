package dev.sluice.admin.cli;

import static dev.sluice.admin.usage.Books.known;
import static dev.sluice.admin.usage.Books.tokens;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.usage.Books;
import dev.sluice.billing.usage.Cost;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code usage} and {@code reconcile}, beside a gateway that holds the ledger open. */
class UsageCommandTest {

  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-26T12:30:00Z"));

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Books books;

  @BeforeEach
  void write() {
    books = new Books(directory.resolve("sluice-data"));
    books
        .add("2026-10-31T23:59:59Z", "chat", "openai", "gpt-5.4", tokens(9, 9), known(9, "v#1"))
        .add(
            "2026-11-01T00:00:00Z",
            "chat",
            "openai",
            "gpt-5.4",
            tokens(1000, 100),
            known(4_120_000, "v#1"))
        .add(
            "2026-11-26T12:29:00Z",
            "chat",
            "openai",
            "gpt-5.4",
            tokens(500, 50),
            known(1_000_001, "v#1"))
        .add(
            "2026-11-02T10:00:00Z",
            "batch",
            "anthropic",
            "claude-haiku-4-5-20251001",
            tokens(50_000, 2000),
            known(60_000_000, "v#2"))
        .add("2026-11-03T10:00:00Z", "batch", "openai", "=cmd()", tokens(7, 0), Cost.UNKNOWN);
    books.add(
        new Books.Call(
            "2026-11-04T10:00:00Z",
            "chat",
            "key_a",
            "openai",
            "gpt-5.4",
            tokens(1, 0),
            known(5, "v#1"),
            Map.of("run", "r1")));
    books.flush();
  }

  @AfterEach
  void close() {
    books.close();
  }

  @Test
  void aTableOfThisMonthByTeamAndModel() {
    assertThat(run("usage")).isZero();
    assertThat(out.toString())
        .isEqualTo(
            """
            team   model                      calls   input  cache read  cache write  output          cost  unpriced
            batch  =cmd()                         1       7           0            0       0     $0.000000         1
            batch  claude-haiku-4-5-20251001      1  50,000           0            0   2,000     $0.060000         0
            chat   gpt-5.4                        3   1,501           0            0     150  $0.005120006         0
            all                                   5  51,508           0            0   2,150  $0.065120006         1
            """);
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void csvHasExactMoneyAndNoFormulas() {
    assertThat(run("usage", "--csv", "--by", "model", "--only", "team=batch")).isZero();
    List<String> lines = out.toString().lines().toList();
    assertThat(out.toString()).endsWith("\r\n");
    assertThat(lines.getFirst())
        .isEqualTo(
            String.join(
                ",",
                "model",
                "calls",
                "uncached_input_tokens",
                "cache_read_tokens",
                "cache_write_5m_tokens",
                "cache_write_30m_tokens",
                "cache_write_1h_tokens",
                "cache_write_12h_tokens",
                "output_tokens",
                "reasoning_tokens",
                "cost_usd,cost_nano_usd",
                "cost_input_usd,cost_input_nano_usd",
                "cost_cache_read_usd,cost_cache_read_nano_usd",
                "cost_cache_write_usd,cost_cache_write_nano_usd",
                "cost_output_usd,cost_output_nano_usd",
                "cache_read_saved_usd,cache_read_saved_nano_usd",
                "cache_write_extra_usd,cache_write_extra_nano_usd",
                "calls_of_unknown_cost",
                "tokens_of_unknown_cost",
                "calls_of_approximate_cost",
                "calls_of_estimate",
                "reads",
                "avoided_tokens",
                "avoided_usd,avoided_nano_usd"));
    assertThat(lines.subList(1, 3))
        .containsExactly(
            "\"'=cmd()\",1,7,0,0,0,0,0,0,0" + ",0,0".repeat(7) + ",1,7,0,0,0,0,0,0",
            "claude-haiku-4-5-20251001,1,50000,0,0,0,0,0,2000,0,0.06,60000000,0.06,60000000"
                + ",0,0".repeat(5)
                + ",0,0,0,0,0,0,0,0");
  }

  @Test
  void jsonHasGroupsAndATotal() {
    assertThat(run("usage", "--json", "--by", "tag:run", "--from", "2026-11-01")).isZero();
    assertThat(out.toString())
        .contains("{\"from\":\"2026-11-01T00:00:00Z\",\"until\":\"2026-11-26T13:00:00Z\"")
        .contains("\"group\":{\"tag:run\":\"r1\"},\"calls\":1,\"uncached_input_tokens\":1")
        .contains("\"total\":{\"calls\":5,\"uncached_input_tokens\":51508")
        .contains("\"cost_usd\":\"0.065120006\",\"cost_nano_usd\":65120006");
  }

  @Test
  void focusHasARowForEachMeter() {
    assertThat(run("usage", "--focus", "--only", "team=chat", "--only", "model=gpt-5.4")).isZero();
    assertThat(out.toString().lines())
        .hasSize(1 + 2 + 2 + 1)
        .first()
        .asString()
        .contains("SkuMeter");
  }

  @Test
  void aConfigurationSaysWhereItsLedgerIs() throws IOException {
    Path config =
        Files.writeString(
            directory.resolve("gateway.yaml"),
            """
            teams: {chat: {}}
            routes: {local: {api: openai, provider: local, clients: open, team: chat}}
            providers: {local: {base-url: "http://127.0.0.1:8000"}}
            """);
    assertThat(line("usage", "--by", "team", "--config", config.toString())).isZero();
    assertThat(out.toString()).contains("chat");
    Files.writeString(config, "teams: 8\n");
    assertThat(line("usage", "--config", config.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("gateway.yaml:1");
  }

  @Test
  void aQuestionThatIsNoneIsToldWithWhatIsAllowed() {
    assertThat(run("usage", "--by", "colour")).isEqualTo(2);
    assertThat(run("usage", "--from", "yesterday")).isEqualTo(2);
    assertThat(run("usage", "--from", "2026-12-01", "--until", "2026-11-01")).isEqualTo(2);
    assertThat(run("usage", "--focus", "--from", "2026-11-01T00:30:00Z")).isEqualTo(2);
    assertThat(run("usage", "--focus", "--only", "route=a")).isEqualTo(2);
    assertThat(line("usage", "--directory", directory.resolve("none").toString())).isEqualTo(2);
    assertThat(run("usage", "--csv", "--json")).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "\"colour\" is no group of usage. Known: team, key,",
            "--from is \"yesterday\"; allowed is a day such as 2026-11-26 or a time such as",
            "--from is 2026-12-01T00:00:00Z; allowed is before 2026-11-01T00:00:00Z.",
            "--focus goes by the hour",
            "--focus cannot tell route apart",
            "There is no ledger in ");
    assertThat(out.toString()).isEmpty();
  }

  // ---- reconcile

  private Path export(String text) throws IOException {
    return Files.writeString(directory.resolve("export"), text);
  }

  private static final String CSV =
      "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_output_tokens\n";

  @Test
  void anExportThatSaysTheSameIsEqual() throws IOException {
    Path file = export(CSV + "2026-11-02,claude-haiku-4-5-20251001,50000,2000\n");
    assertThat(run("reconcile", file.toString())).isZero();
    assertThat(out.toString())
        .isEqualTo(
            """
            Ledger (anthropic) against the report of anthropic, 2026-11-02T00:00:00Z to 2026-11-03T00:00:00Z, in tokens and dollars

            day         model                      ledger  provider  difference       %  ledger cost  provider cost  difference  verdict
            2026-11-02  claude-haiku-4-5-20251001  52,000    52,000           0  0.0000    $0.060000              -           -  equal
            all                                    52,000    52,000           0  0.0000    $0.060000              -           -  equal
            """);
  }

  @Test
  void differencesAreToldAndAreTheExitStatus() throws IOException {
    Path file =
        export(
            CSV
                + "2026-11-02,claude-haiku-4-5-20251001,50100,2000\n"
                + "2026-11-02,claude-opus-5,1,1\n");
    assertThat(run("reconcile", file.toString())).isEqualTo(1);
    assertThat(out.toString())
        .contains("52,000    52,100        -100    -0.1919", "provider more", "only at provider")
        .contains("2 of 2 differ");
    assertThat(run("reconcile", file.toString(), "--tolerance-percent", "1"))
        .as("one is there still")
        .isEqualTo(1);
    file = export(CSV + "2026-11-02,claude-haiku-4-5-20251001,50100,2000\n");
    assertThat(run("reconcile", file.toString(), "--tolerance-percent", "0.2")).isZero();
    assertThat(run("reconcile", file.toString(), "--tolerance-percent", "0.1", "--json"))
        .isEqualTo(1);
    assertThat(out.toString())
        .contains("\"verdict\":\"provider_more\"", "\"token_difference\":-100");
  }

  @Test
  void aProviderThatIsCalledOtherwiseIsNamed() throws IOException {
    Path file = export(CSV + "2026-11-04,gpt-5.4,1,0\n");
    assertThat(run("reconcile", file.toString())).isEqualTo(1);
    assertThat(out.toString())
        .contains("note: The ledger has nothing of anthropic in this time; it has openai.");
    assertThat(run("reconcile", file.toString(), "--provider", "openai,anthropic")).isZero();
  }

  @Test
  void whatIsNoExportIsToldByItsLine() throws IOException {
    Path file = export(CSV + "2026-11-02,m,many,2000\n2026-11-02,m,-1,2000\n");
    assertThat(run("reconcile", file.toString())).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            file + ": line 2, usage_input_tokens_no_cache: found \"many\", allowed is",
            file + ": line 3, usage_input_tokens_no_cache: found \"-1\", allowed is");
    assertThat(run("reconcile", directory.resolve("none").toString())).isEqualTo(2);
    assertThat(run("reconcile", directory.toString())).isEqualTo(2);
    assertThat(run("reconcile")).isEqualTo(2);
    file = export(CSV);
    assertThat(run("reconcile", file.toString(), "--tolerance-percent", "-1")).isEqualTo(2);
    assertThat(err.toString()).contains("none: The file does not exist.", "cannot be read");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void readingLeavesTheFilesOfTheLedgerAsTheyAre() throws IOException {
    Path data = directory.resolve("sluice-data");
    byte[] before = Files.readAllBytes(data.resolve("ledger.db"));
    assertThat(run("usage")).isZero();
    assertThat(Files.readAllBytes(data.resolve("ledger.db"))).isEqualTo(before);
    books
        .add("2026-11-26T12:29:00Z", "late", "openai", "gpt-5.4", tokens(1, 1), known(1, "v#1"))
        .flush();
    assertThat(run("usage")).as("and the gateway goes on writing").isZero();
    assertThat(out.toString()).contains("late");
  }

  private int run(String command, String... arguments) {
    String[] all = java.util.Arrays.copyOf(arguments, arguments.length + 2);
    all[arguments.length] = "--directory";
    all[arguments.length + 1] = directory.resolve("sluice-data").toString();
    return line(command, all);
  }

  private int line(String command, String... arguments) {
    PrintWriter toOut = new PrintWriter(out);
    PrintWriter toErr = new PrintWriter(err);
    String[] all = new String[arguments.length + 1];
    all[0] = command;
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return new CommandLine(new Root())
        .addSubcommand(new UsageCommand(name -> null, CLOCK, toOut, toErr))
        .addSubcommand(new ReconcileCommand(name -> null, toOut, toErr))
        .setOut(toOut)
        .setErr(toErr)
        .execute(all);
  }

  @CommandLine.Command(name = "gateway")
  private static final class Root {}
}

package dev.sluice.admin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class PricesCommandTest {

  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-26T12:00:00Z"));

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void explainTellsTheSumLineByLineAndTheRow() {
    assertThat(
            run(
                "explain",
                "claude-opus-5",
                "--input",
                "1200",
                "--cache-read",
                "40000",
                "--cache-write-1h",
                "2000",
                "--output",
                "600",
                "--tier",
                "batch"))
        .isZero();
    assertThat(out.toString())
        .isEqualTo(
            """
            claude-opus-5 at 2026-11-26T12:00:00Z
            row: anthropic/claude-opus-5#769dc5a4
            source: platform.claude.com/docs/en/about-claude/pricing, 2026-08-21

            meter           tokens  $ per million       cost  why
            input            1,200          $5.00  $0.003000  x 0.5 batch
            cache read      40,000          $0.50  $0.010000  x 0.5 batch
            cache write 1h   2,000         $10.00  $0.010000  x 0.5 batch
            output             600         $25.00  $0.007500  x 0.5 batch
            sum                                    $0.030500
            """);
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void explainGoesByTheInstantThatIsAskedFor() {
    assertThat(
            run(
                "explain",
                "claude-sonnet-5-5",
                "--cache-read",
                "100000",
                "--at",
                "2026-10-06T12:00:00Z"))
        .isZero();
    assertThat(out.toString()).contains("claude-sonnet-5-5 at 2026-10-06T12:00:00Z", "$0.020000");
  }

  @Test
  void anUnknownModelIsSaidToBeSoWithNamesLikeIt() {
    assertThat(run("explain", "claude-opus-5.5", "--input", "1", "--provider", "anthropic"))
        .isEqualTo(1);
    assertThat(out.toString().lines())
        .containsExactly(
            "Unknown: No row is valid for the model claude-opus-5.5 of anthropic at"
                + " 2026-11-26T12:00:00Z.",
            "Models with names like it: claude-opus-5-5, claude-opus-4-5, claude-opus-5.");
  }

  @Test
  void anUnknownProviderIsSaidToBeSoWithThoseThereAre() {
    assertThat(run("explain", "gpt-6-sol", "--input", "1", "--provider", "opanai")).isEqualTo(1);
    assertThat(out.toString())
        .contains("Unknown:", "Providers with prices: anthropic, azure, bedrock,");
  }

  @Test
  void aModelOfSeveralProvidersNeedsOne() {
    assertThat(run("explain", "o4-mini", "--input", "1000")).isEqualTo(1);
    assertThat(out.toString()).contains("azure/o4-mini, openai/o4-mini. Name one.");
    assertThat(run("explain", "o4-mini", "--input", "1000", "--provider", "azure")).isZero();
    assertThat(out.toString()).contains("$0.001100");
  }

  @Test
  void theConfigurationsPricesAreTakenWhereOneIsNamed() throws IOException {
    write(
        "contract.yaml",
        """
        prices:
          - provider: anthropic
            source: our contract
            models:
              claude-opus-5: {input: 4, output: 20}
        """);
    Path config =
        write(
            "gateway.yaml",
            """
            teams: {chat: {}}
            routes: {local: {api: openai, provider: local, clients: open, team: chat}}
            providers: {local: {base-url: "http://127.0.0.1:8000"}}
            prices: {overrides: [contract.yaml]}
            """);
    assertThat(run("explain", "claude-opus-5", "--input", "1000", "--config", config.toString()))
        .isZero();
    assertThat(out.toString()).contains("source: our contract", "$0.004000");
    assertThat(run("explain", "gpt-6-sol", "--input", "1000", "--config", config.toString()))
        .isZero();

    write("contract.yaml", "prices: 8\n");
    assertThat(run("explain", "gpt-6-sol", "--input", "1000", "--config", config.toString()))
        .isEqualTo(2);
    assertThat(err.toString()).contains("gateway.yaml:4: prices.overrides[0] names the file");
  }

  @Test
  void tokensThatCannotBeAreRefused() {
    assertThat(run("explain", "gpt-6-sol", "--input", "-1")).isEqualTo(2);
    assertThat(run("explain", "gpt-6-sol", "--output", "1", "--reasoning", "2")).isEqualTo(2);
    assertThat(run("explain", "gpt-6-sol", "--input", "many")).isEqualTo(2);
    assertThat(run("explain")).isEqualTo(2);
    assertThat(run()).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void checkCountsWhatAValidFileHolds() {
    Path shipped = Path.of("..", "config", "prices.yaml");
    assertThat(run("check", shipped.toString())).isZero();
    assertThat(out.toString()).isEqualTo(shipped + " is valid: 97 rows, 89 models, 12 providers\n");
  }

  @Test
  void checkTellsAllProblemsAndFails() throws IOException {
    Path file = write("prices.yaml", "prices:\n  - models: {a: {input: x}, b: {output: -1}}\n");
    assertThat(run("check", file.toString())).isEqualTo(1);
    assertThat(out.toString().lines())
        .hasSize(2)
        .first()
        .isEqualTo(
            file
                + ":2: prices[0].models.a.input is not a price: found \"x\", allowed dollars per"
                + " million tokens, 0 to 1000000, with at most nine decimal places.");
    assertThat(run("check", directory.resolve("none.yaml").toString())).isEqualTo(2);
    assertThat(err.toString()).contains("none.yaml: The file does not exist.");
  }

  @Test
  void checkReadsLiteLlmsFormAndNotesWhatItLeavesOut() throws IOException {
    Path file =
        write(
            "model_prices.json",
            """
            {"sample_spec": {},
             "gpt-a": {"litellm_provider": "openai", "input_cost_per_token": 1e-6},
             "gpt-b": {"litellm_provider": "openai", "input_cost_per_token": "x"}}
            """);
    assertThat(run("check", file.toString())).isZero();
    assertThat(out.toString().lines())
        .containsExactly(
            file + " is valid: 1 row, 1 model, 1 provider",
            "note: "
                + file
                + ":3: gpt-b has input_cost_per_token, which is no number: it is left out.");
  }

  private int run(String... arguments) {
    PrintWriter toOut = new PrintWriter(out);
    PrintWriter toErr = new PrintWriter(err);
    String[] all = new String[arguments.length + 1];
    all[0] = "prices";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return new CommandLine(new Root())
        .addSubcommand(new PricesCommand(name -> null, CLOCK, toOut, toErr))
        .setOut(toOut)
        .setErr(toErr)
        .execute(all);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  @CommandLine.Command(name = "gateway")
  private static final class Root {}
}

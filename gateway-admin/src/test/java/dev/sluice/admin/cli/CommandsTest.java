package dev.sluice.admin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.team.Teams;
import dev.sluice.core.config.ConfigFile;
import dev.sluice.core.config.ConfigFile.Loaded;
import dev.sluice.core.identity.Authenticator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@NullMarked
class CommandsTest {

  private static final String VALID =
      """
      teams: {chat: {}}
      routes: {local: {api: openai, provider: local, clients: open, team: chat}}
      providers: {local: {base-url: "http://models.internal:8000"}}
      """;

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void checkCountsWhatAValidFileNamesAndAddsNotes() throws IOException {
    Path file = write(VALID);

    assertThat(run("check", file.toString())).isZero();
    assertThat(out.toString().lines())
        .containsExactly(
            file + " is valid: 1 provider, 1 route, 1 team",
            "note: "
                + file
                + ":3: providers.local.base-url is plain http to another machine: keys and prompts"
                + " travel unencrypted.",
            "note: "
                + file
                + ":3: providers.local.key is empty: requests to models.internal go without a"
                + " key.");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void checkTellsAllProblemsAndFails() throws IOException {
    Path file = write(VALID + "listen: {port: 70000}\nlogs: {}\n");

    assertThat(run("check", file.toString())).isEqualTo(1);
    assertThat(out.toString().lines())
        .hasSize(2)
        .first()
        .isEqualTo(file + ":4: listen.port is out of range: found 70000, allowed 0 to 65535.");
  }

  @Test
  void aFileThatCannotBeReadIsAnotherFailure() {
    assertThat(run("check", directory.resolve("none.yaml").toString())).isEqualTo(2);
    assertThat(err.toString()).contains("none.yaml: The file does not exist.");
    assertThat(run("keys", "generate", "--config", directory.resolve("none.yaml").toString()))
        .isEqualTo(2);
    assertThat(run("check")).isEqualTo(2);
  }

  @Test
  void aGeneratedKeyOpensTheGatewayOnceItsHashIsInTheFile() throws IOException {
    String secret = "keys: {secret: 0123456789abcdef0123456789abcdef}\n";
    String rest =
        """
        routes: {local: {api: openai, provider: local}}
        providers: {local: {base-url: "http://127.0.0.1:8000"}}
        """;
    Path file = write(secret + rest);

    assertThat(run("keys", "generate", "--config", file.toString())).isZero();
    String key = find("slk_[A-Za-z0-9_-]{43}");
    write(
        secret
            + rest
            + "teams:\n  chat:\n    keys:\n"
            + find("      - hmac-sha256:[0-9a-f]{64}")
            + "\n");

    ConfigFile.Result result = ConfigFile.load(file, name -> null);
    assertThat(result).isInstanceOf(Loaded.class);
    Loaded loaded = (Loaded) result;
    var authenticator =
        new Authenticator(
            new Teams(loaded.config().teams()),
            loaded.config().keySecret(),
            InstantSource.system());
    assertThat(Objects.requireNonNull(authenticator.authenticate(key)).team().name())
        .isEqualTo("chat");
  }

  @Test
  void keysAloneSaysWhichWordsThereAre() {
    assertThat(run("keys")).isEqualTo(2);
    assertThat(err.toString()).contains("generate");
  }

  private String find(String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(out.toString());
    assertThat(matcher.find()).as("%s in %s", pattern, out).isTrue();
    return matcher.group();
  }

  private int run(String... arguments) {
    PrintWriter toOut = new PrintWriter(out);
    PrintWriter toErr = new PrintWriter(err);
    return new CommandLine(new Root())
        .addSubcommand(new CheckCommand(name -> null, toOut, toErr))
        .addSubcommand(new KeysCommand(name -> null, new SecureRandom(), toOut, toErr))
        .setOut(toOut)
        .setErr(toErr)
        .execute(arguments);
  }

  private Path write(String text) throws IOException {
    return Files.writeString(directory.resolve("gateway.yaml"), text);
  }

  @CommandLine.Command(name = "gateway")
  private static final class Root {}
}

package dev.sluice.admin.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.warm.SpendingBook.Page;
import dev.sluice.core.warm.WarmSpending;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On a real directory. */
class SpendingFileTest {

  private static final LocalDate DAY = LocalDate.of(2026, 11, 26);

  private static final Page PAGE =
      new Page(
          new WarmSpending(DAY, 7_000, 500),
          Map.of("support", new WarmSpending(DAY, 5_000, 500), "a", new WarmSpending(DAY, 1, 0)));

  @TempDir private Path work;

  private final List<String> log = new ArrayList<>();
  private Instant now = Instant.parse("2026-11-26T23:59:59Z");

  private Path storage() {
    return work.resolve("storage");
  }

  private Path file() {
    return storage().resolve("prefixes-spending.json");
  }

  private SpendingFile open() {
    return new SpendingFile(storage(), () -> now, (level, text) -> log.add(level + " " + text));
  }

  @Test
  void whatWasKeptIsReadByTheNext() throws IOException {
    assertThat(open().read()).isNull();
    SpendingFile file = open();
    assertThat(file.keep(new Page(new WarmSpending(DAY, 1, 2), Map.of()))).isTrue();
    assertThat(file.keep(PAGE)).isTrue();
    assertThat(open().read()).isEqualTo(PAGE);
    assertThat(log).isEmpty();
    assertThat(Files.readString(file()))
        .isEqualTo(
            "{\"form\":1,\"day\":\"2026-11-26\",\"spent_nano_usd\":7000,\"held_nano_usd\":500,"
                + "\"prefixes\":{\"a\":{\"spent_nano_usd\":1,\"held_nano_usd\":0},"
                + "\"support\":{\"spent_nano_usd\":5000,\"held_nano_usd\":500}}}");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{\"form\":1,\"day\":\"2026-11-26\",\"spent_nano_usd\":7000,\"held",
        "{\"a secret\":1}",
        "{\"form\":2,\"day\":\"2026-11-26\",\"spent_nano_usd\":1,\"held_nano_usd\":1,\"prefixes\":{}}",
        "{\"form\":1,\"day\":\"a"
            + " secret\",\"spent_nano_usd\":1,\"held_nano_usd\":1,\"prefixes\":{}}",
        "{\"form\":1,\"day\":\"2026-11-26\",\"spent_nano_usd\":-1,\"held_nano_usd\":1,\"prefixes\":{}}",
        "{\"form\":1,\"day\":\"2026-11-26\",\"spent_nano_usd\":9223372036854775807,\"held_nano_usd\":1,\"prefixes\":{}}",
        "{\"form\":1,\"day\":\"2026-11-26\",\"spent_nano_usd\":1,\"held_nano_usd\":1}",
        "{\"form\":1,\"day\":\"2026-11-26\",\"spent_nano_usd\":1,\"held_nano_usd\":1,\"prefixes\":{\"a\":null}}",
      })
  void whatCannotBeReadIsToldAndMovedAside(String text) throws IOException {
    Files.createDirectories(storage());
    Files.writeString(file(), text);
    SpendingFile file = open();
    assertThat(file.read()).isNull();
    assertThat(log)
        .singleElement()
        .asString()
        .startsWith("WARN " + file())
        .contains("once more", "prompt-cache.keep-warm.budget", "prefixes-spending.json.unreadable")
        .doesNotContain("secret");
    assertThat(storage().resolve("prefixes-spending.json.unreadable")).hasContent(text);
    assertThat(file.keep(PAGE)).isTrue();
    assertThat(open().read()).isEqualTo(PAGE);
  }

  @Test
  void whatCannotBeWrittenIsToldOnceAndSoIsThatItCanAgain() throws IOException {
    Files.writeString(storage(), "a file where the directory should be");
    SpendingFile file = open();
    for (int i = 0; i < 3; i++) {
      assertThat(file.keep(PAGE)).isFalse();
    }
    assertThat(log)
        .singleElement()
        .asString()
        .startsWith("ERROR " + file())
        .contains("no prompt cache entry is refreshed");
    Files.delete(storage());
    assertThat(file.keep(PAGE)).isTrue();
    assertThat(file.keep(PAGE)).isTrue();
    assertThat(log).hasSize(2).last().asString().startsWith("INFO").contains("again");
  }

  /** The old one is whole until the new one is, so what is cut off leaves either. */
  @Test
  void whatIsCutOffLeavesTheOldOne() throws IOException {
    SpendingFile file = open();
    assertThat(file.keep(PAGE)).isTrue();
    String old = Files.readString(file());
    Path beside = storage().resolve(".prefixes-spending.json");
    Files.createDirectories(beside.resolve("in the way"));
    assertThat(file.keep(new Page(new WarmSpending(DAY, 9_000, 0), Map.of()))).isFalse();
    assertThat(file()).hasContent(old);
    Files.delete(beside.resolve("in the way"));
    Files.delete(beside);
    Files.writeString(beside, old.substring(0, 20));
    assertThat(open().read()).isEqualTo(PAGE);
    assertThat(file.keep(PAGE)).isTrue();
  }

  @Test
  void aDayThatHasNotComeCountsAndIsTold() {
    assertThat(open().keep(PAGE)).isTrue();
    now = Instant.parse("2026-11-27T00:00:00Z");
    assertThat(open().read()).isEqualTo(PAGE);
    assertThat(log).isEmpty();
    now = Instant.parse("2026-11-25T23:59:59Z");
    assertThat(open().read()).isEqualTo(PAGE);
    assertThat(log).singleElement().asString().startsWith("WARN").contains("2026-11-26", "clock");
  }
}

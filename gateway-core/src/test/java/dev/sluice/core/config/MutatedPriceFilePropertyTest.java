package dev.sluice.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Price files that somebody, or a disk, has spoilt: whatever one holds, it loads or it has problems
 * with lines. Replay with {@code -Dseed=…}.
 */
class MutatedPriceFilePropertyTest {

  private static final String[] VALUES = {
    "",
    "~",
    "-1",
    "1e999999999",
    "1e-999999999",
    "[]",
    "{}",
    "*a",
    "&a b",
    "'",
    "\"",
    "\u0000",
    ":",
    "24:00-25:00",
    "2026-02-30",
    "99999999999999999999",
    "NaN",
    "null",
    "\\0",
    "-",
    "true",
    "{over: 1, factor: 1e-7}"
  };

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "../config/prices.yaml, prices.yaml, 300",
    "src/test/resources/prices/litellm.json, prices.json, 1000"
  })
  void aSpoiltFileLoadsOrHasProblems(Path original, String name, int files) throws IOException {
    String text = Files.readString(original);
    int invalid = 0;
    for (int i = 0; i < files; i++) {
      String spoilt = text;
      for (int m = 1 + random.nextInt(3); m > 0; m--) {
        spoilt = mutated(spoilt);
      }
      Path file =
          Files.write(directory.resolve(name), spoilt.getBytes(StandardCharsets.ISO_8859_1));
      try {
        if (PriceFile.read(file) instanceof PriceFile.Invalid(var problems)) {
          assertThat(problems).isNotEmpty().allMatch(p -> p.line() > 0);
          invalid++;
        }
      } catch (RuntimeException | StackOverflowError e) {
        throw new AssertionError("seed " + seed + " file " + i + ":\n" + spoilt, e);
      }
    }
    assertThat(invalid).as("seed %d", seed).isPositive();
  }

  private String mutated(String text) {
    int at = random.nextInt(text.length());
    int length = Math.min(text.length() - at, random.nextInt(12));
    return switch (random.nextInt(4)) {
      case 0 -> text.substring(0, at) + (char) random.nextInt(256) + text.substring(at + 1);
      case 1 -> text.substring(0, at) + text.substring(at + length);
      case 2 -> value(text, at);
      default -> text.substring(0, at) + VALUES[random.nextInt(VALUES.length)] + text.substring(at);
    };
  }

  /** The next value is another one. */
  private String value(String text, int from) {
    int colon = text.indexOf(": ", from);
    int end = colon < 0 ? -1 : colon + 2;
    while (end >= 0 && end < text.length() && ",}\n".indexOf(text.charAt(end)) < 0) {
      end++;
    }
    return colon < 0
        ? text
        : text.substring(0, colon + 2)
            + VALUES[random.nextInt(VALUES.length)]
            + text.substring(end);
  }
}

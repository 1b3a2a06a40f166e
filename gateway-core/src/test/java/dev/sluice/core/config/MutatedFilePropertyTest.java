package dev.sluice.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.sluice.core.config.ConfigFile.Invalid;
import dev.sluice.core.config.ConfigFile.Loaded;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file that somebody, or a disk, has spoilt: bytes changed, lines lost, doubled or swapped,
 * values exchanged for ones that hurt. Whatever it is, it loads or it has problems with lines.
 */
class MutatedFilePropertyTest {

  private static final Path EXAMPLE = Path.of("..", "config", "gateway.yaml");
  private static final int FILES = 1500;

  private static final String[] VALUES = {
    "",
    "~",
    "null",
    "-1",
    "0",
    "99999999999999999999",
    "1e9",
    "true",
    "[]",
    "{}",
    "[[[[]]]]",
    "${",
    "${X",
    "${X}",
    "${X:-",
    "$${X}",
    "*a",
    "&a b",
    "!!int x",
    "!!binary x",
    "|",
    ">",
    "'",
    "\"",
    "%",
    "@",
    "`",
    "? x",
    ": x",
    "- - -",
    "\t",
    "\u0000",
    "\ufeff",
    "\ud83d\ude00",
    "file:",
    "file:/",
    "file:\u0000",
    "http://[::1",
    "https://%zz",
    "https://a:b@c?d#e",
    "0s",
    "9223372036854775807h",
    "9223372036854775808",
    "1GiB",
    "hmac-sha256:",
    "[*, \"*\", https://a.b/c, https://a]",
    "[X-Request-Id, x-request-id, Host]",
    "slk_",
    "{a: {b: {c: d}}}",
    "<<: {a: 1}",
    "--- x"
  };

  @TempDir Path directory;

  @Test
  void aSpoiltFileLoadsOrHasProblemsAndNeverThrows() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    // As it would be with every setting active: more to spoil.
    String example = Files.readString(EXAMPLE).replaceAll("(?m)^( *)#(\\S)", "$1$2");
    Path file = directory.resolve("spoilt.yaml");
    int invalid = 0;
    for (int i = 0; i < FILES; i++) {
      byte[] spoilt = spoil(example, random);
      Files.write(file, spoilt);
      ConfigFile.Result result = null;
      try {
        result = ConfigFile.load(file, name -> null);
      } catch (RuntimeException | Error e) {
        fail(
            "seed " + seed + ", file " + i + ":\n" + new String(spoilt, StandardCharsets.UTF_8), e);
      }
      switch (result) {
        case Loaded loaded -> assertThat(loaded.config().toString()).doesNotContain("hmac-sha256");
        case Invalid(var problems) -> {
          invalid++;
          assertThat(problems).as("seed %d, file %d", seed, i).isNotEmpty();
          assertThat(problems)
              .as("seed %d, file %d", seed, i)
              .allSatisfy(
                  p -> {
                    assertThat(p.line()).isPositive();
                    assertThat(p.message()).doesNotContain("\n").hasSizeLessThan(2000);
                  });
        }
        case null -> fail("seed " + seed + ", file " + i);
      }
    }
    assertThat(invalid).as("spoilt files, seed %d", seed).isGreaterThan(FILES / 3);
  }

  private static byte[] spoil(String example, Random random) {
    String[] lines = example.split("\n", -1);
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      int at = random.nextInt(lines.length);
      switch (random.nextInt(7)) {
        case 0 -> lines[at] = "";
        case 1 -> lines[at] = lines[at] + "\n" + lines[at];
        case 2 -> {
          int other = random.nextInt(lines.length);
          String line = lines[at];
          lines[at] = lines[other];
          lines[other] = line;
        }
        case 3, 4 -> {
          int colon = lines[at].indexOf(": ");
          String value = VALUES[random.nextInt(VALUES.length)];
          lines[at] = (colon < 0 ? lines[at] : lines[at].substring(0, colon + 2)) + value;
        }
        case 5 -> lines[at] = " ".repeat(random.nextInt(8)) + lines[at].strip();
        default -> {
          if (!lines[at].isEmpty()) {
            int place = random.nextInt(lines[at].length());
            lines[at] =
                lines[at].substring(0, place)
                    + (char) random.nextInt(random.nextInt(10) == 0 ? 0xd800 : 0x80)
                    + lines[at].substring(place + random.nextInt(2));
          }
        }
      }
    }
    byte[] bytes = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
    if (random.nextInt(10) == 0) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    return bytes;
  }
}

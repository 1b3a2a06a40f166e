package dev.sluice.admin.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On a real directory. */
class FingerprintSecretTest {

  private static final String DIGITS = "0123456789abcdef".repeat(4);

  @TempDir private Path work;

  private final List<String> troubles = new ArrayList<>();

  private Path storage() {
    return work.resolve("storage");
  }

  private Path file() {
    return storage().resolve("fingerprint-secret");
  }

  private byte[] of(int seed) {
    return FingerprintSecret.of(storage(), new Random(seed), troubles::add);
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(storage())) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @Test
  void theFirstStartMakesItAndEveryOtherReadsIt() throws IOException {
    byte[] first = of(1);
    assertThat(first).hasSize(32);
    assertThat(of(2)).isEqualTo(first);
    assertThat(troubles).isEmpty();
    assertThat(Files.readString(file())).isEqualTo(HexFormat.of().formatHex(first) + "\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    assertThat(files()).containsExactly("fingerprint-secret");
  }

  /** Goal: whoever is second takes what the first has put there, whenever that was. */
  @Test
  void ofManyThatStartTogetherAllHaveTheSame() throws Exception {
    int starts = 8;
    try (ExecutorService threads = Executors.newFixedThreadPool(starts)) {
      for (int round = 0; round < 50; round++) {
        CyclicBarrier together = new CyclicBarrier(starts);
        List<Callable<String>> all = new ArrayList<>();
        for (int i = 0; i < starts; i++) {
          int seed = starts * round + i;
          all.add(
              () -> {
                Random random = new Random(seed);
                together.await();
                byte[] secret = FingerprintSecret.of(storage(), random, text -> {});
                return HexFormat.of().formatHex(secret);
              });
        }
        String kept = null;
        for (Future<String> each : threads.invokeAll(all)) {
          kept = kept == null ? each.get() : kept;
          assertThat(each.get()).isEqualTo(kept);
        }
        assertThat(files()).containsExactly("fingerprint-secret");
        Files.delete(file());
      }
    }
  }

  @Test
  void anOperatorMayBringOne() throws IOException {
    Files.createDirectories(storage());
    for (String text : new String[] {DIGITS, DIGITS.toUpperCase(Locale.ROOT) + "\r\n"}) {
      Files.writeString(file(), text);
      assertThat(of(1)).isEqualTo(HexFormat.of().parseHex(DIGITS));
      assertThat(Files.readString(file())).isEqualTo(text);
    }
    assertThat(troubles).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0123456789abcdef", "long", "other digits", "two"})
  void whatIsNoneIsToldOnceAndLeftAsItIs(String kind) throws IOException {
    String text =
        switch (kind) {
          case "long" -> DIGITS.repeat(100);
          case "other digits" -> "x" + DIGITS.substring(1);
          case "two" -> DIGITS + "\n" + DIGITS;
          default -> kind;
        };
    Files.createDirectories(storage());
    Files.writeString(file(), text);
    byte[] first = of(1);
    assertThat(troubles)
        .singleElement()
        .asString()
        .contains(file().toString(), "64 hexadecimal digits", "take it away")
        .doesNotContain(DIGITS.substring(1, 12), HexFormat.of().formatHex(first));
    assertThat(first).hasSize(32).isNotEqualTo(of(2));
    assertThat(Files.readString(file())).isEqualTo(text);
  }

  @Test
  void whatIsNoFileIsToldAndLeftAsItIs() throws IOException {
    Files.createDirectories(file());
    assertThat(of(1)).isNotEqualTo(of(2));
    assertThat(troubles).hasSize(2).allMatch(text -> text.contains("it is no file"));
    Files.delete(file());
    Files.createSymbolicLink(file(), work.resolve("nowhere"));
    assertThat(of(1)).isNotEqualTo(of(2));
    assertThat(troubles).hasSize(4);
    assertThat(work.resolve("nowhere")).doesNotExist();
  }

  @Test
  void aDirectoryThatCannotBeUsedIsToldAndTheGatewayHasOneForThisRun() throws IOException {
    Files.write(storage(), "in the way".getBytes(StandardCharsets.UTF_8));
    assertThat(of(1)).hasSize(32).isNotEqualTo(of(2));
    assertThat(troubles)
        .hasSize(2)
        .allMatch(text -> text.contains("cannot be made") && text.contains("writable"));
  }
}

package dev.sluice.billing.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random lives of a table of slots against a map. A crash is a second mapping of the same file:
 * what was stored into the first is seen by the second, as by the next process.
 */
class InFlightFileModelTest {

  private static final int SLOTS = 8;

  @TempDir Path directory;
  private final long seed = Long.getLong("seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);
  private final RandomCalls calls = new RandomCalls(random, 1_000);

  @Test
  void afterACrashEverySlotSaysWhatItSaidBefore() throws IOException {
    Path path = directory.resolve("slots");
    InFlightFile file = InFlightFile.open(path, SLOTS);
    Map<Integer, InFlightFile.Found> model = new TreeMap<>();
    for (int step = 0; step < 20_000; step++) {
      int slot = model.isEmpty() ? -1 : pick(model.keySet());
      int kind = random.nextInt(100);
      if (kind == 0) {
        file = InFlightFile.open(path, SLOTS);
        assertThat(file.occupied()).as("seed %s", seed).containsExactlyElementsOf(model.values());
      } else if (kind < 45) {
        int taken = file.take();
        assertThat(taken >= 0).as("seed %s", seed).isEqualTo(model.size() < SLOTS);
        if (taken >= 0) {
          Intent intent = calls.intent();
          file.intent(taken, intent);
          assertThat(model.put(taken, new InFlightFile.Found(taken, intent, null))).isNull();
        }
      } else if (slot >= 0) {
        Intent intent = requireNonNull(requireNonNull(model.get(slot)).intent());
        if (kind < 75 && requireNonNull(model.get(slot)).settled() == null) {
          CallRecord settled = calls.settled(intent);
          file.settled(slot, settled);
          model.put(slot, new InFlightFile.Found(slot, intent, settled));
        } else if (kind >= 75) {
          file.free(slot);
          model.remove(slot);
        }
      }
      assertThat(file.taken()).as("seed %s", seed).isEqualTo(model.size());
    }
  }

  /** What a power cut may leave: any part of a page old. */
  @Test
  void aSlotOfWhichAnyByteIsDamagedIsTornOrSaysLessButNeverSomethingElse() throws IOException {
    Path path = directory.resolve("slots");
    InFlightFile file = InFlightFile.open(path, 1);
    int slot = file.take();
    Intent intent = calls.intent();
    CallRecord settled = calls.settled(intent);
    file.intent(slot, intent);
    file.settled(slot, settled);
    for (int i = 0; i < 2_000; i++) {
      long at = (long) InFlightFile.HEADER_BYTES + random.nextInt(InFlightFile.SLOT_BYTES);
      int bit = 1 << random.nextInt(8);
      flip(path, at, bit);
      for (InFlightFile.Found found : InFlightFile.open(path, 1).occupied()) {
        if (found.intent() != null) {
          assertThat(found.intent()).as("seed %s, byte %s", seed, at).isEqualTo(intent);
        }
        if (found.settled() != null) {
          assertThat(found.settled()).as("seed %s, byte %s", seed, at).isEqualTo(settled);
        }
      }
      flip(path, at, bit);
    }
  }

  @Test
  void theStateOfOneUseWithThePartsOfAnEarlierOneIsTorn() throws IOException {
    Path path = directory.resolve("slots");
    InFlightFile file = InFlightFile.open(path, 1);
    Intent first = calls.intent();
    file.intent(file.take(), first);
    byte[] earlier = Files.readAllBytes(path);
    file.free(0);
    file.intent(file.take(), calls.intent());
    byte[] later = Files.readAllBytes(path);
    System.arraycopy(later, InFlightFile.HEADER_BYTES, earlier, InFlightFile.HEADER_BYTES, 8);
    Path mixed = directory.resolve("mixed");
    Files.write(mixed, earlier);
    assertThat(InFlightFile.open(mixed, 1).occupied())
        .containsExactly(new InFlightFile.Found(0, null, null));
  }

  /** A hole on a full disk would kill whoever stores into it. */
  @Test
  void theFileHasNoHoles() throws Exception {
    Path path = directory.resolve("slots");
    InFlightFile.open(path, 1_000);
    long bytes = InFlightFile.HEADER_BYTES + 1_000L * InFlightFile.SLOT_BYTES;
    assertThat(Files.size(path)).isEqualTo(bytes);
    assertThat(allocated(path)).isGreaterThanOrEqualTo(bytes);

    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(bytes / 2);
    }
    InFlightFile.open(path, 1_000);
    assertThat(allocated(path)).as("one that was cut short").isGreaterThanOrEqualTo(bytes);
  }

  @Test
  void aFileThatIsThereKeepsItsNumberOfSlots() throws IOException {
    Path path = directory.resolve("slots");
    InFlightFile.open(path, 5);
    assertThat(InFlightFile.open(path, 9).slots()).isEqualTo(5);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 9, 13, 17, 21})
  void aFileWithAnotherHeadIsRefused(int at) throws IOException {
    Path path = directory.resolve("slots");
    InFlightFile.open(path, 5);
    flip(path, at, 1);
    assertThatThrownBy(() -> InFlightFile.open(path, 5))
        .isInstanceOf(InFlightFile.Unreadable.class)
        .hasMessageContaining("slots");
    Files.write(path, new byte[3]);
    assertThatThrownBy(() -> InFlightFile.open(path, 5))
        .isInstanceOf(InFlightFile.Unreadable.class);
  }

  private static void flip(Path path, long at, int bits) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(at);
      int old = file.read();
      file.seek(at);
      file.write(old ^ bits);
    }
  }

  private static long allocated(Path path) throws IOException, InterruptedException {
    Process du =
        new ProcessBuilder("du", "--block-size=1", path.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(du.getInputStream().readAllBytes(), UTF_8);
    du.waitFor();
    return Long.parseLong(said.split("\\s", 2)[0]);
  }

  private int pick(Set<Integer> slots) {
    List<Integer> all = new ArrayList<>(slots);
    return all.get(random.nextInt(all.size()));
  }
}

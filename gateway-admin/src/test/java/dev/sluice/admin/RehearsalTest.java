package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Calls before the ports open are answered, all of them, and leave nothing. */
class RehearsalTest {

  @Test
  void aHerdOfCallsOfEachKindIsAnsweredAndLeavesNoDirectory() throws Exception {
    List<Path> before = directories();
    Rehearsal.play(
        Duration.ofMillis(1), 2, System::nanoTime); // throws where a call was not answered with 200
    assertThat(directories()).isEqualTo(before);
  }

  private static List<Path> directories() throws IOException {
    try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return all.filter(path -> path.getFileName().toString().startsWith("sluice-rehearsal"))
          .sorted()
          .toList();
    }
  }
}

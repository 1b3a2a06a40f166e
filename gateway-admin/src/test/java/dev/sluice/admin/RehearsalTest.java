package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Calls before the ports open are answered, all of them, and leave nothing. */
class RehearsalTest {

  @Test
  void herdsOfCallsOfEachKindAreAnsweredAndLeaveNoDirectory() throws Exception {
    List<Path> before = directories();
    AtomicLong looks = new AtomicLong(); // time goes on by one with each look at it
    Rehearsal.play(Duration.ofNanos(3), 2, looks::getAndIncrement); // throws unless all are 200
    assertThat(looks)
        .as("looks: at the start, before each of two herds, and at the end")
        .hasValue(4);
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

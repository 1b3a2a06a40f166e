package dev.sluice.core.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PhaseTest {

  /** The module's page has a chapter per phase, under the phase's name, in the phases' order. */
  @Test
  void theLifeOfARequestHasAChapterForEachPhase() throws IOException {
    var chapters =
        Files.readAllLines(Path.of("README.md")).stream()
            .filter(line -> line.matches("## \\d\\. .*"))
            .toList();
    var phases =
        Arrays.stream(Phase.values())
            .map(phase -> "## " + (phase.ordinal() + 1) + ". " + phase.label())
            .toList();
    assertThat(chapters).isEqualTo(phases);
  }
}

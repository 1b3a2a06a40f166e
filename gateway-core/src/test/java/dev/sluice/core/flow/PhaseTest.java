package dev.sluice.core.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class PhaseTest {

  /** The module's page has a chapter per phase, under the phase's name, in the phases' order. */
  @Test
  void theLifeOfARequestHasAChapterForEachPhase() throws IOException {
    var chapters =
        Files.readAllLines(Path.of("README.md")).stream()
            .filter(line -> line.matches("## \\d\\. .*"))
            .toList();
    var phases = new ArrayList<String>();
    for (Phase phase : Phase.values()) {
      phases.add("## " + (phases.size() + 1) + ". " + phase.label());
    }
    assertThat(chapters).isEqualTo(phases);
  }
}

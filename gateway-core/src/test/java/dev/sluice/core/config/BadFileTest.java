package dev.sluice.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ConfigFile.Invalid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Golden files: each has its rule in its first line, and the exact problems in a file of the same
 * name that ends in {@code .txt}. What was found instead is written to {@code target/bad}, to be
 * read and, if it is right, copied.
 */
class BadFileTest {

  private static final Path FILES = Path.of("src", "test", "resources", "config", "bad");

  private static final Map<String, String> ENVIRONMENT = Map.of("PORT_TEXT", "80 80");

  static List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(FILES)) {
      return all.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void allProblemsAreToldAtOnceWithLineAndRemedy(Path file) throws IOException {
    ConfigFile.Result result = ConfigFile.load(file, ENVIRONMENT::get);

    assertThat(result).isInstanceOf(Invalid.class);
    StringBuilder found = new StringBuilder();
    for (Problem problem : ((Invalid) result).problems()) {
      found.append(problem.text().substring(FILES.toString().length() + 1)).append('\n');
    }
    String name = file.getFileName().toString().replace(".yaml", ".txt");
    Path target = Files.createDirectories(Path.of("target", "bad"));
    Files.writeString(target.resolve(name), found);
    Path expected = FILES.resolve(name);
    assertThat(found.toString())
        .as("problems of %s", file)
        .isEqualTo(Files.exists(expected) ? Files.readString(expected) : "");
    assertThat(found.toString()).doesNotContain("hunter", "do-not-show", "slk_", "sk-proj");
  }
}

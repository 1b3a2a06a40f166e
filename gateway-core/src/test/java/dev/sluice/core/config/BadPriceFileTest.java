package dev.sluice.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Golden files: the exact problems of each are in a file of the same name that ends in {@code
 * .txt}. What was found instead is written to {@code target/bad-prices}, to be read and, if it is
 * right, copied.
 */
class BadPriceFileTest {

  private static final Path FILES = Path.of("src", "test", "resources", "prices", "bad");

  static List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(FILES)) {
      return all.filter(f -> !f.toString().endsWith(".txt")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void allProblemsAreToldAtOnceWithLineAndRemedy(Path file) throws IOException {
    PriceFile.Result result = PriceFile.read(file);

    assertThat(result).isInstanceOf(PriceFile.Invalid.class);
    StringBuilder found = new StringBuilder();
    for (Problem problem : ((PriceFile.Invalid) result).problems()) {
      found.append(problem.text().substring(FILES.toString().length() + 1)).append('\n');
    }
    String name = file.getFileName() + ".txt";
    Path target = Files.createDirectories(Path.of("target", "bad-prices"));
    Files.writeString(target.resolve(name), found);
    Path expected = FILES.resolve(name);
    assertThat(found.toString())
        .as("problems of %s", file)
        .isEqualTo(Files.exists(expected) ? Files.readString(expected) : "");
  }
}

package dev.sluice.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ConfigFile.Loaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is shown to users beside the code says the same as the catalogue. */
class ExampleFileTest {

  private static final Path CONFIG = Path.of("..", "config");
  private static final Path EXAMPLE = CONFIG.resolve("gateway.yaml");

  @TempDir Path directory;

  @Test
  void theExampleIsValidWithoutAnyEnvironment() {
    GatewayConfig config = load(EXAMPLE);

    assertThat(config.providers().keySet())
        .containsExactly("openai", "anthropic", "gemini", "vllm");
    assertThat(config.routes()).hasSize(4);
    assertThat(config.teams().teams()).hasSize(2);
  }

  @Test
  void theExampleShowsEverySetting() throws IOException {
    List<Problem> problems = new ArrayList<>();
    Node.Group root = YamlTree.read("gateway.yaml", uncommented(), problems);

    assertThat(problems).isEmpty();
    Node.Group all = Objects.requireNonNull(root);
    List<String> missing = new ArrayList<>();
    for (Setting<?> setting : Keys.ALL) {
      if (!shows(all, setting.path().split("\\.", -1), 0)) {
        missing.add(setting.path());
      }
    }
    assertThat(missing).isEmpty();
  }

  @Test
  void whatTheExampleCommentsOutIsTheDefault() throws IOException {
    Path whole = Files.writeString(directory.resolve("whole.yaml"), uncommented());

    assertThat(load(whole))
        .usingRecursiveComparison()
        // What is kept stands beside the file.
        .ignoringFields("teams", "settings", "storage", "ledger.directory", "admin.tokens")
        .isEqualTo(load(EXAMPLE));
    assertThat(load(whole).storage()).isEqualTo(directory.resolve("sluice-data"));
    assertThat(load(EXAMPLE).storage()).endsWithRaw(Path.of("config", "sluice-data"));
  }

  @Test
  void theReferenceTableIsTheCatalogue() throws IOException {
    String page = Files.readString(CONFIG.resolve("README.md"));
    String start = "<!-- settings -->\n";
    String end = "<!-- /settings -->";
    String table = page.substring(page.indexOf(start) + start.length(), page.indexOf(end));

    Path fresh = Path.of("target", "settings.md");
    Files.writeString(fresh, Keys.markdown());
    assertThat(table)
        .as("table between the marks in config/README.md; the right one is in %s", fresh)
        .isEqualTo(Keys.markdown());
  }

  @Test
  void noSettingStandsTwiceInTheCatalogue() {
    assertThat(Keys.ALL).extracting(Setting::path).doesNotHaveDuplicates();
    assertThat(Keys.ALL).allSatisfy(s -> assertThat(s.sentence()).endsWith("."));
  }

  private static boolean shows(Node node, String[] path, int from) {
    if (from == path.length) {
      return true;
    }
    if (!(node instanceof Node.Group group)) {
      return false;
    }
    if (path[from].equals(Keys.NAME)) {
      return group.entries().values().stream().anyMatch(e -> shows(e.value(), path, from + 1));
    }
    Node.Entry entry = group.entries().get(path[from]);
    return entry != null && shows(entry.value(), path, from + 1);
  }

  /** With every commented-out setting taken in: those have no space after the #. */
  private static String uncommented() throws IOException {
    return Files.readString(EXAMPLE).replaceAll("(?m)^( *)#(\\S)", "$1$2");
  }

  private static GatewayConfig load(Path file) {
    ConfigFile.Result result = ConfigFile.load(file, name -> null);
    assertThat(result).isInstanceOf(Loaded.class);
    return ((Loaded) result).config();
  }
}

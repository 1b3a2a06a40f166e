package dev.sluice.it.house;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The main sources of all modules, as text. */
final class Sources {

  private Sources() {}

  /** The directory that holds all modules. */
  static Path root() {
    Path here = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(here.resolve("gateway-core"))) {
      here = here.getParent();
      if (here == null) {
        throw new IllegalStateException("These tests must run inside a checkout.");
      }
    }
    return here;
  }

  /** Every main source file; at least a hundred, or something is wrong with the looking. */
  static List<Path> main() throws IOException {
    Path root = root();
    List<Path> files = new ArrayList<>();
    for (String module :
        List.of("gateway-sse", "gateway-billing", "gateway-core", "gateway-admin", "src-it")) {
      Path sources = root.resolve(module).resolve("src/main/java");
      try (Stream<Path> walk = Files.walk(sources)) {
        walk.filter(file -> file.toString().endsWith(".java")).sorted().forEach(files::add);
      }
    }
    if (files.size() < 100) {
      throw new IllegalStateException("Only " + files.size() + " source files were found.");
    }
    return files;
  }

  static String nameOf(Path file) {
    return root().relativize(file).toString().replace('\\', '/');
  }

  /** The text with comments and the inside of literals blanked; lines stay where they are. */
  static String code(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); ) {
      int end = i;
      if (text.startsWith("//", i)) {
        end = lineEnd(text, i);
      } else if (text.startsWith("/*", i)) {
        end = text.indexOf("*/", i) + 2;
      } else if (text.startsWith("\"\"\"", i)) {
        end = text.indexOf("\"\"\"", i + 3) + 3;
      } else if (text.charAt(i) == '"' || text.charAt(i) == '\'') {
        end = literalEnd(text, i);
      }
      if (end == i) {
        out.append(text.charAt(i++));
      } else {
        text.substring(i, end).chars().forEach(c -> out.append(c == '\n' ? '\n' : ' '));
        i = end;
      }
    }
    return out.toString();
  }

  private static int lineEnd(String text, int from) {
    int end = text.indexOf('\n', from);
    return end < 0 ? text.length() : end;
  }

  private static int literalEnd(String text, int from) {
    int i = from + 1;
    while (text.charAt(i) != text.charAt(from)) {
      i += text.charAt(i) == '\\' ? 2 : 1;
    }
    return i + 1;
  }
}

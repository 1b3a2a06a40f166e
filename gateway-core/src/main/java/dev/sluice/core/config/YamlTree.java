package dev.sluice.core.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;

/**
 * YAML to {@link Node}s that know their lines.
 *
 * <p>The parser's events are read one by one instead of binding to classes: binding stops at the
 * first error and has no line for an unknown key. Aliases are refused, so that a file is as long as
 * it looks; so are a second document and a key that stands twice.
 */
final class YamlTree {

  private final List<Problem> problems;
  private final String file;
  private final YAMLParser parser;

  private final List<String> names;

  private YamlTree(String file, YAMLParser parser, List<String> names, List<Problem> problems) {
    this.file = file;
    this.parser = parser;
    this.names = names;
    this.problems = problems;
  }

  /** A configuration file. */
  static Node.@Nullable Group read(String file, String text, List<Problem> problems) {
    return read(file, text, Keys.ROOT.names(), problems);
  }

  /**
   * The file's outermost group, empty for an empty file; null, and a problem added, where the text
   * is not YAML or something else than a group.
   *
   * @param names keys of the outermost group, to be told where it is none
   */
  static Node.@Nullable Group read(
      String file, String text, List<String> names, List<Problem> problems) {
    if (!isPrintable(file, text, problems)) {
      return null;
    }
    try (JsonParser parser =
        new YAMLFactory().createParser(ObjectReadContext.empty(), new WholeCharacters(text))) {
      return new YamlTree(file, (YAMLParser) parser, names, problems).document();
    } catch (JacksonException e) {
      problems.add(syntaxProblem(file, e));
      return null;
    }
  }

  private Node.@Nullable Group document() {
    JsonToken first = parser.nextToken();
    if (first == null) {
      return new Node.Group(1, Map.of());
    }
    Node root = node(first, "");
    if (parser.nextToken() != null) {
      problem(line(), "", "A second document begins here, allowed one. Remove the --- line.");
    }
    return switch (root) {
      case Node.Group group -> group;
      case Node.Text text when text.text().isEmpty() -> new Node.Group(1, Map.of());
      case Node.Text text -> notAGroup(text);
      case Node.Items items -> notAGroup(items);
      case Node.Unusable unusable -> null;
    };
  }

  private Node.@Nullable Group notAGroup(Node root) {
    problem(
        root.line(),
        "",
        "The file is "
            + root.what()
            + ", allowed groups of keys: "
            + String.join(", ", names)
            + ".");
    return null;
  }

  private Node node(JsonToken token, String path) {
    int line = line();
    return switch (token) {
      case START_OBJECT -> group(line, path);
      case START_ARRAY -> items(line, path);
      default -> {
        if (parser.isCurrentAlias()) {
          problem(
              line,
              path,
              path + " is an alias (*), allowed values in full. Write the value again.");
          yield new Node.Unusable(line);
        }
        String text = parser.getString();
        yield new Node.Text(line, text == null ? "" : text);
      }
    };
  }

  private Node items(int line, String path) {
    List<Node> items = new ArrayList<>();
    for (JsonToken t = parser.nextToken(); t != JsonToken.END_ARRAY; t = parser.nextToken()) {
      items.add(node(t, path + "[" + items.size() + "]"));
    }
    return new Node.Items(line, items);
  }

  private Node group(int line, String path) {
    Map<String, Node.Entry> entries = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      int keyLine = line();
      String keyPath = path.isEmpty() ? Shown.key(key) : path + "." + Shown.key(key);
      Node.Entry earlier = entries.get(key);
      Node value = node(parser.nextToken(), keyPath);
      if (earlier == null) {
        entries.put(key, new Node.Entry(keyLine, value));
      } else {
        problem(
            keyLine,
            keyPath,
            keyPath
                + " stands twice, first in line "
                + earlier.line()
                + ". Remove one of the two.");
      }
    }
    return new Node.Group(line, entries);
  }

  private int line() {
    return Math.max(1, parser.currentTokenLocation().getLineNr());
  }

  private void problem(int line, String key, String message) {
    problems.add(new Problem(file, line, key, message));
  }

  /** The parser's own words, but never the lines that it quotes: they may hold a key. */
  private static Problem syntaxProblem(String file, JacksonException e) {
    int line = e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
    String why = "this is not YAML";
    if (e.getCause() instanceof MarkedYamlEngineException marked) {
      // The mark counts from 0, and says where the problem is; the location, where reading began.
      line = marked.getProblemMark().map(mark -> mark.getLine() + 1).orElse(line);
      String context = marked.getContext();
      why = (context == null ? "" : context + ": ") + marked.getProblem();
    }
    return new Problem(
        file,
        line,
        "",
        "The file is not valid YAML: "
            + Shown.line(why)
            + ". Look at the indentation, and at quotes and brackets on this line and above.");
  }

  /** YAML 1.2.2 section 5.1, narrowed to what nobody misses; the parser would give no line. */
  private static boolean isPrintable(String file, String text, List<Problem> problems) {
    int line = 1;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n') {
        line++;
      } else if ((c < ' ' && c != '\t' && c != '\r')
          || (c >= 0x7f && c < 0xa0 && c != 0x85)
          || c >= 0xfffe) {
        problems.add(
            new Problem(
                file,
                line,
                "",
                "The file holds a character that is not text (U+%04X), allowed UTF-8 text. Remove it."
                    .formatted((int) c)));
        return false;
      }
    }
    return true;
  }
}

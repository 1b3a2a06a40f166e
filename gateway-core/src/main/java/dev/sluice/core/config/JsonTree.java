package dev.sluice.core.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * JSON to {@link Node}s that know their lines. Of a name that stands twice the last one counts, as
 * for every other reader of the files that this is for; {@code null} is an empty text.
 */
final class JsonTree {

  private final JsonParser parser;

  private JsonTree(JsonParser parser) {
    this.parser = parser;
  }

  /** The outermost object; null, and a problem added, where the text is something else. */
  static Node.@Nullable Group read(String file, String text, List<Problem> problems) {
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
      JsonToken first = parser.nextToken();
      if (first == JsonToken.START_OBJECT
          && new JsonTree(parser).node(first) instanceof Node.Group group
          && parser.nextToken() == null) {
        return group;
      }
      int line = Math.max(1, parser.currentTokenLocation().getLineNr());
      problems.add(
          new Problem(file, line, "", "The file is not one JSON object, allowed one and no more."));
    } catch (JacksonException e) {
      int line = e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
      problems.add(
          new Problem(
              file,
              line,
              "",
              "The file is not valid JSON: "
                  + Shown.line(String.valueOf(e.getOriginalMessage()))
                  + "."));
    }
    return null;
  }

  private Node node(JsonToken token) {
    int line = Math.max(1, parser.currentTokenLocation().getLineNr());
    return switch (token) {
      case START_OBJECT -> {
        Map<String, Node.Entry> entries = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          int nameLine = Math.max(1, parser.currentTokenLocation().getLineNr());
          entries.put(name, new Node.Entry(nameLine, node(parser.nextToken())));
        }
        yield new Node.Group(line, entries);
      }
      case START_ARRAY -> {
        List<Node> items = new ArrayList<>();
        for (JsonToken t = parser.nextToken(); t != JsonToken.END_ARRAY; t = parser.nextToken()) {
          items.add(node(t));
        }
        yield new Node.Items(line, items);
      }
      case VALUE_NULL -> new Node.Text(line, "");
      default -> new Node.Text(line, parser.getString());
    };
  }
}

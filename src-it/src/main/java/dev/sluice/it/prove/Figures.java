package dev.sluice.it.prove;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What was measured, in the order in which it was. */
final class Figures {

  private final Map<String, @Nullable Object> figures = new LinkedHashMap<>();

  void put(String name, long value) {
    figures.put(name, value);
  }

  /** Three decimals; NaN becomes null. */
  void put(String name, double value) {
    figures.put(name, Double.isFinite(value) ? (Object) value : null);
  }

  void put(String name, boolean value) {
    figures.put(name, value);
  }

  void put(String name, String value) {
    figures.put(name, value);
  }

  /** What could not be measured, and must not look as if it had been. */
  void putNothing(String name) {
    figures.put(name, null);
  }

  /** One line. */
  String toJson(String name, boolean ok) {
    List<String> parts = new ArrayList<>();
    figures.forEach((key, value) -> parts.add(quote(key) + ":" + text(value)));
    return "{\"name\":"
        + quote(name)
        + ",\"ok\":"
        + ok
        + ",\"figures\":{"
        + String.join(",", parts)
        + "}}";
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case Double number -> String.format(Locale.ROOT, "%.3f", number).replaceFirst("\\.?0+$", "");
      case String string -> quote(string);
      default -> value.toString();
    };
  }

  private static String quote(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", " ") + '"';
  }
}

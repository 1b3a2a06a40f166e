package dev.sluice.core.config;

import dev.sluice.billing.price.Change;
import dev.sluice.billing.price.Rates;
import dev.sluice.billing.usage.Money;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A group of keys in a file that has no catalogue: typed values, and a problem for everything that
 * is none. A value that is not there, or not good, is null.
 */
final class Fields {

  /** Where problems go. */
  record Sink(String file, List<Problem> problems) {

    void problem(int line, String key, String message) {
      problems.add(new Problem(file, line, key, key + " " + message));
    }
  }

  /**
   * What is read of a text.
   *
   * @param fault what is said of a text that is none: "is not a price"
   * @param allowed the end of "allowed …"
   */
  private record Form<T>(String fault, String allowed, Function<String, @Nullable T> reader) {}

  static final String RATE_ALLOWED =
      "dollars per million tokens, 0 to 1000000, with at most nine decimal places";

  private static final Form<Long> RATE = new Form<>("is not a price", RATE_ALLOWED, Fields::rate);
  private static final Form<Long> FACTOR =
      new Form<>(
          "is not a factor",
          "a number above 0, at most 1000, with at most six decimal places",
          Fields::factor);
  private static final Form<Long> TOKENS =
      new Form<>("is not a number of tokens", "0 to 1000000000", Fields::tokens);
  private static final Form<Boolean> YES_OR_NO =
      new Form<>(
          "is neither true nor false",
          "true or false",
          text ->
              switch (text) {
                case "true" -> Boolean.TRUE;
                case "false" -> Boolean.FALSE;
                default -> null;
              });
  private static final Form<Instant> INSTANT =
      new Form<>(
          "is not a date or an instant",
          "a date such as 2026-10-07, from midnight UTC, or an instant such as"
              + " 2026-10-07T16:00:00Z",
          Fields::instant);
  private static final Form<LocalDate> DATE =
      new Form<>("is not a date", "a date such as 2026-10-07", Fields::date);
  private static final Form<String> TEXT =
      new Form<>("is not a text", "up to 500 characters on one line", Fields::oneLine);

  private final Sink sink;
  private final String path;
  private final int line;
  private final Map<String, Node.Entry> entries;

  private Fields(Sink sink, String path, int line, Map<String, Node.Entry> entries) {
    this.sink = sink;
    this.path = path;
    this.line = line;
    this.entries = entries;
  }

  /**
   * A node as a group; null, and a problem added, where it is none. What is not known is a problem
   * too.
   *
   * @param line of the key, where the node has one
   */
  static @Nullable Fields of(Sink sink, String path, int line, Node node, List<String> known) {
    Fields fields = of(sink, path, line, node, String.join(", ", known));
    if (fields != null) {
      fields.entries.forEach(
          (key, entry) -> {
            if (!known.contains(key)) {
              String hint = Hints.didYouMean(key, known);
              sink.problems.add(
                  new Problem(
                      sink.file,
                      entry.line(),
                      fields.key(key),
                      "unknown key \""
                          + Shown.name(key)
                          + "\""
                          + (path.isEmpty() ? "" : " in " + path)
                          + "."
                          + (hint.isEmpty() ? "" : " " + hint)
                          + " Known here: "
                          + String.join(", ", known)
                          + "."));
            }
          });
    }
    return fields;
  }

  /**
   * Likewise, where the file chooses the names.
   *
   * @param allowed what a group would hold
   */
  static @Nullable Fields of(Sink sink, String path, int line, Node node, String allowed) {
    return switch (node) {
      case Node.Group group -> new Fields(sink, path, line, group.entries());
      case Node.Unusable _ -> null;
      case Node.Text text when text.text().isEmpty() -> new Fields(sink, path, line, Map.of());
      case Node other -> {
        sink.problem(
            line,
            path,
            "is not a group of keys: found " + shown(other) + ", allowed " + allowed + ".");
        yield null;
      }
    };
  }

  /** A group inside this one; null, and a problem added, where it is none. */
  @Nullable Fields inner(String key, Node.Entry entry, List<String> known) {
    return of(sink, key(key), entry.line(), entry.value(), known);
  }

  /**
   * Likewise, where the file chooses the names.
   *
   * @param allowed what it would hold
   */
  @Nullable Fields inner(String key, Node.Entry entry, String allowed) {
    return of(sink, key(key), entry.line(), entry.value(), allowed);
  }

  /** The groups of a list, or the one group that stands in its place. */
  List<Fields> each(String key, List<String> known) {
    Node.Entry entry = entries.get(key);
    if (entry == null) {
      return List.of();
    }
    if (!(entry.value() instanceof Node.Items items)) {
      Fields one = inner(key, entry, known);
      return one == null ? List.of() : List.of(one);
    }
    List<Fields> all = new ArrayList<>();
    for (int i = 0; i < items.items().size(); i++) {
      Node item = items.items().get(i);
      Fields one = of(sink, key(key) + "[" + i + "]", item.line(), item, known);
      if (one != null) {
        all.add(one);
      }
    }
    return all;
  }

  int line() {
    return line;
  }

  String path() {
    return path;
  }

  /** Of the key, or of the group where the key is not there. */
  int line(String key) {
    Node.Entry entry = entries.get(key);
    return entry == null ? line : entry.line();
  }

  String key(String key) {
    return path.isEmpty() ? Shown.key(key) : path + "." + Shown.key(key);
  }

  Map<String, Node.Entry> entries() {
    return entries;
  }

  boolean has(String key) {
    return entries.containsKey(key);
  }

  /** Whether something stands there, be it good or not. */
  boolean isGiven(String key) {
    Node.Entry entry = entries.get(key);
    return entry != null
        && !(entry.value() instanceof Node.Text(int _, String text) && text.isEmpty());
  }

  /** About the whole group. */
  void problem(String message) {
    sink.problem(line, path, message);
  }

  void problem(String key, String message) {
    sink.problem(line(key), key(key), message);
  }

  private static String shown(Node node) {
    return node instanceof Node.Text text ? Shown.value(text.text()) : node.what();
  }

  // ---- values

  @Nullable Long rateOf(String key) {
    return value(key, RATE);
  }

  @Nullable Long factorOf(String key) {
    return value(key, FACTOR);
  }

  @Nullable Long tokensOf(String key) {
    return value(key, TOKENS);
  }

  @Nullable Boolean yesOrNo(String key) {
    return value(key, YES_OR_NO);
  }

  @Nullable Instant instantOf(String key) {
    return value(key, INSTANT);
  }

  @Nullable LocalDate dateOf(String key) {
    return value(key, DATE);
  }

  @Nullable String textOf(String key) {
    return value(key, TEXT);
  }

  private <T> @Nullable T value(String key, Form<T> form) {
    Node.Entry entry = entries.get(key);
    if (entry == null
        || (entry.value() instanceof Node.Text(int _, String text) && text.isEmpty())) {
      return null;
    }
    return value(key(key), entry.line(), entry.value(), form);
  }

  private <T> @Nullable T value(String key, int line, Node node, Form<T> form) {
    if (node instanceof Node.Unusable) {
      return null;
    }
    T value = node instanceof Node.Text text ? form.reader.apply(text.text()) : null;
    if (value == null) {
      sink.problem(
          line, key, form.fault + ": found " + shown(node) + ", allowed " + form.allowed + ".");
    }
    return value;
  }

  /** The texts of a list, or of one text; those that are none are reported. */
  List<String> textsOf(String key) {
    Node.Entry entry = entries.get(key);
    if (entry == null) {
      return List.of();
    }
    List<Node> nodes =
        entry.value() instanceof Node.Items items ? items.items() : List.of(entry.value());
    List<String> texts = new ArrayList<>();
    for (Node node : nodes) {
      String text = value(key(key), node.line(), node, TEXT);
      if (text != null) {
        texts.add(text);
      }
    }
    return texts;
  }

  // ---- texts to values

  /** A decimal number that is not absurd; null for anything else. */
  static @Nullable BigDecimal decimal(String text) {
    if (text.isEmpty() || text.length() > 50) {
      return null;
    }
    try {
      BigDecimal number = new BigDecimal(text);
      // 1e-999999999 is a number as well, and takes forever to round.
      return Math.abs(number.scale()) > 60 ? null : number;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  static @Nullable Long rate(String text) {
    BigDecimal number = decimal(text);
    try {
      return number == null ? null : inRange(Money.perMillion(number), 0, Rates.MAX);
    } catch (ArithmeticException e) {
      return null;
    }
  }

  static @Nullable Long factor(String text) {
    BigDecimal number = decimal(text);
    try {
      return number == null
          ? null
          : inRange(number.movePointRight(6).longValueExact(), 1, Change.FACTOR_MAX);
    } catch (ArithmeticException e) {
      return null;
    }
  }

  static @Nullable Long tokens(String text) {
    BigDecimal number = decimal(text);
    try {
      return number == null ? null : inRange(number.longValueExact(), 0, 1_000_000_000);
    } catch (ArithmeticException e) {
      return null;
    }
  }

  private static @Nullable Long inRange(long value, long min, long max) {
    return value < min || value > max ? null : value;
  }

  private static @Nullable Instant instant(String text) {
    LocalDate date = date(text);
    if (date != null) {
      return date.atStartOfDay(ZoneOffset.UTC).toInstant();
    }
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  static @Nullable LocalDate date(String text) {
    try {
      return LocalDate.parse(text);
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  private static @Nullable String oneLine(String text) {
    return text.length() > 500 || text.chars().anyMatch(Character::isISOControl) ? null : text;
  }
}

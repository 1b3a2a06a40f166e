package dev.sluice.core.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One file, read through the catalogue: {@link #checkKeys} reports what should not be there, {@link
 * #get} and {@link #all} give typed values. Every problem is collected and reading goes on, so each
 * setting is to be read exactly once.
 */
final class Reading {

  private static final String FILE_REFERENCE = "file:";
  private static final int SECRET_FILE_BYTES_MAX = 64 << 10;

  private final String file;
  private final Path directory;
  private final Environment environment;
  private final Node.Group root;
  private final List<Problem> problems;
  private final Map<String, EffectiveSetting> effective = new TreeMap<>();

  /**
   * @param file as the user named it
   * @param directory what relative paths in the file start from
   */
  Reading(
      String file,
      Path directory,
      Environment environment,
      Node.Group root,
      List<Problem> problems) {
    this.file = file;
    this.directory = directory;
    this.environment = environment;
    this.root = root;
    this.problems = problems;
  }

  void problem(int line, String key, String message) {
    problems.add(new Problem(file, line, key, message));
  }

  /** For what is no problem. */
  String name() {
    return file;
  }

  Path resolve(String path) {
    return directory.resolve(path);
  }

  // ---- what stands there

  /** Reports unknown keys, names that are none, and values where groups belong. */
  void checkKeys() {
    checkKeys(Keys.ROOT, root, "");
  }

  private void checkKeys(Keys.Section section, Node.Group group, String path) {
    Keys.Section named = section.named();
    group
        .entries()
        .forEach(
            (key, entry) -> {
              String full = path.isEmpty() ? Shown.key(key) : path + "." + Shown.key(key);
              Keys.Section inner = named != null ? named : section.sections().get(key);
              if (named != null && !Kind.isName(key)) {
                problem(
                    entry.line(),
                    full,
                    full
                        + " is not a name: found "
                        + Shown.value(key)
                        + ", allowed "
                        + Kind.NAME_ALLOWED
                        + ".");
              }
              if (inner != null) {
                Node.Group innerGroup = group(entry.value());
                if (innerGroup == null) {
                  if (entry.value() instanceof Node.Unusable) {
                    return;
                  }
                  problem(entry.line(), full, notAGroup(full, entry.value(), inner));
                } else {
                  checkKeys(inner, innerGroup, full);
                }
              } else if (!section.settings().containsKey(key)) {
                problem(entry.line(), full, unknown(section, key, path));
              }
            });
  }

  private static String notAGroup(String key, Node found, Keys.Section section) {
    return key
        + " is not a group of keys: found "
        + (found instanceof Node.Text text ? Shown.value(text.text()) : found.what())
        + ", allowed "
        + (section.named() != null
            ? "names with their settings under them"
            : String.join(", ", section.names()))
        + ".";
  }

  private static String unknown(Keys.Section section, String key, String path) {
    StringBuilder message = new StringBuilder("unknown key ").append('"').append(Shown.name(key));
    message.append('"').append(path.isEmpty() ? "" : " in " + path).append('.');
    String hint = Hints.didYouMean(key, section.names());
    if (hint.isEmpty()) {
      TreeSet<String> elsewhere = new TreeSet<>();
      for (Setting<?> setting : Keys.ALL) {
        if (setting.leaf().equals(key)) {
          elsewhere.add(setting.path().substring(0, setting.path().lastIndexOf('.')));
        }
      }
      hint = elsewhere.isEmpty() ? "" : "It belongs in " + String.join(" or ", elsewhere) + ".";
    }
    return message
        .append(hint.isEmpty() ? "" : " " + hint)
        .append(" Known here: ")
        .append(String.join(", ", section.names()))
        .append('.')
        .toString();
  }

  /** An empty value is an empty group; null where it is no group. */
  private static Node.@Nullable Group group(@Nullable Node node) {
    return switch (node) {
      case Node.Group group -> group;
      case Node.Text text when text.text().isEmpty() -> new Node.Group(text.line(), Map.of());
      case null, default -> null;
    };
  }

  /**
   * The names that the file chose in a section, with their lines, in order.
   *
   * @param section where it stands, the outermost group first
   */
  Map<String, Integer> names(String... section) {
    Map<String, Integer> names = new LinkedHashMap<>();
    Node.Group group = root;
    for (String part : section) {
      Node.Entry entry = group == null ? null : group.entries().get(part);
      group = entry == null ? null : group(entry.value());
    }
    if (group != null) {
      group
          .entries()
          .forEach(
              (name, inner) -> {
                if (group(inner.value()) != null) {
                  names.put(name, inner.line());
                }
              });
    }
    return names;
  }

  /** Whether something stands under this name, be it readable or not. */
  boolean stands(String section, String name) {
    Node.Entry entry = root.entries().get(section);
    if (entry == null) {
      return false;
    }
    Node.Group group = group(entry.value());
    return group == null || group.entries().containsKey(name);
  }

  /** Whether the section stands in the file with something in it. */
  boolean hasAny(String section) {
    Node.Entry entry = root.entries().get(section);
    if (entry == null) {
      return false;
    }
    Node.Group group = group(entry.value());
    return group == null || !group.entries().isEmpty();
  }

  // ---- values

  /** Of a name; where the file says nothing, what {@code otherwise} says. */
  <T> Found<T> get(Setting.Single<T> setting, String name, Found<T> otherwise) {
    return orElse(get(setting, name), otherwise);
  }

  /** What was found, or, where that is not given, something that was found before. */
  <T> Found<T> orElse(Found<T> found, Found<T> otherwise) {
    EffectiveSetting other = effective.get(otherwise.key());
    if (!found.isGiven() && other != null) {
      effective.put(found.key(), EffectiveSetting.otherwise(found.key(), other.value()));
    }
    return found.isGiven() ? found : otherwise;
  }

  /** All that was read, by name. */
  List<EffectiveSetting> effective() {
    return List.copyOf(effective.values());
  }

  private void isGiven(Setting<?> setting, String key, int line, String text) {
    boolean isSecret = setting.kind().isSecret();
    effective.put(key, EffectiveSetting.given(key, text, isSecret, line));
  }

  private void isOtherwise(Setting<?> setting, String key) {
    String value = setting.fallbackText().replace("`", "");
    effective.put(key, EffectiveSetting.otherwise(key, value));
  }

  /**
   * @param names that the file chose, the outermost first; as many as the setting's path asks for
   */
  <T> Found<T> get(Setting.Single<T> setting, String... names) {
    String key = setting.key(shown(names));
    Place place = place(setting, names);
    return switch (place.node()) {
      case null -> {
        if (setting.isRequired()) {
          problem(
              place.line(), key, key + " is missing, allowed " + setting.kind().allowed() + ".");
        }
        yield without(setting, key, place, false, !setting.isRequired());
      }
      case Node.Unusable unusable -> without(setting, key, place, true, false);
      case Node.Text text -> {
        String whole = fill(key, text, setting.kind());
        if (whole == null) {
          yield without(setting, key, place, true, false);
        }
        if (whole.isEmpty() && "".equals(setting.fallback()) && !setting.isRequired()) {
          yield without(setting, key, place, false, true);
        }
        T value = value(setting.kind(), key, text, whole);
        isGiven(setting, key, place.line(), whole);
        yield value == null
            ? without(setting, key, place, true, false)
            : new Found<>(key, place.line(), value, shown(setting.kind(), whole), true, true);
      }
      case Node other -> {
        problem(
            place.line(),
            key,
            key
                + " is not a single value: found "
                + other.what()
                + ", allowed "
                + setting.kind().allowed()
                + ".");
        yield without(setting, key, place, true, false);
      }
    };
  }

  <T> FoundList<T> all(Setting.Several<T> setting, String... names) {
    String key = setting.key(shown(names));
    Place place = place(setting, names);
    List<Found<T>> found = new ArrayList<>();
    boolean isGood = true;
    switch (place.node()) {
      case null -> found.addAll(defaults(setting, key, place.line()));
      case Node.Text text when text.text().isEmpty() ->
          found.addAll(defaults(setting, key, place.line()));
      case Node.Items items -> {
        for (int i = 0; i < items.items().size(); i++) {
          String itemKey = key + "[" + i + "]";
          Node item = items.items().get(i);
          if (item instanceof Node.Text text) {
            String whole = fill(itemKey, text, setting.kind());
            T value = whole == null ? null : value(setting.kind(), itemKey, text, whole);
            if (whole != null && value != null) {
              found.add(
                  new Found<>(
                      itemKey, text.line(), value, shown(setting.kind(), whole), true, true));
            } else {
              isGood = false;
            }
          } else if (item instanceof Node.Unusable) {
            isGood = false;
          } else {
            isGood = false;
            problem(
                item.line(),
                itemKey,
                itemKey
                    + " is not a single value: found "
                    + item.what()
                    + ", allowed "
                    + setting.kind().allowed()
                    + ".");
          }
        }
      }
      case Node.Unusable unusable -> isGood = false;
      case Node other -> {
        isGood = false;
        problem(
            place.line(),
            key,
            key
                + " is not a list: found "
                + other.what()
                + ", allowed a list of "
                + setting.kind().allowed()
                + ". Put it in brackets, or on a line of its own that begins with a hyphen.");
      }
    }
    if (place.node() instanceof Node.Items) {
      isGiven(setting, key, place.line(), found.stream().map(Found::value).toList().toString());
    } else {
      isOtherwise(setting, key);
    }
    return new FoundList<>(key, found, isGood);
  }

  /** Of a setting that takes one value or a list of them. */
  <T> FoundList<T> oneOrMore(Setting.OneOrMore<T> setting, String... names) {
    Place place = place(setting, names);
    if (place.node() instanceof Node.Items items) {
      FoundList<T> several = all(setting.several(), names);
      if (items.items().isEmpty()) {
        String key = several.key();
        problem(
            place.line(),
            key,
            key + " is an empty list, allowed " + setting.kind().allowed() + ".");
      }
      return several;
    }
    Found<T> one = get(setting.one(), names);
    return new FoundList<>(one.key(), List.of(one), one.isGood());
  }

  private static <T> List<Found<T>> defaults(Setting.Several<T> setting, String key, int line) {
    List<Found<T>> found = new ArrayList<>();
    for (T value : setting.fallback()) {
      String itemKey = key + "[" + found.size() + "]";
      found.add(new Found<>(itemKey, line, value, String.valueOf(value), false, true));
    }
    return found;
  }

  private <T> Found<T> without(
      Setting.Single<T> setting, String key, Place place, boolean isGiven, boolean isGood) {
    isOtherwise(setting, key);
    String shown = setting.fallbackText().replace("`", "");
    return new Found<>(key, place.line(), setting.fallback(), shown, isGiven, isGood);
  }

  private static String[] shown(String... names) {
    String[] shown = new String[names.length];
    for (int i = 0; i < names.length; i++) {
      shown[i] = Shown.key(names[i]);
    }
    return shown;
  }

  private static String shown(Kind<?> kind, String text) {
    return kind.isSecret() ? "a secret" : Shown.value(text);
  }

  private <T> @Nullable T value(Kind<T> kind, String key, Node.Text raw, String text) {
    return switch (kind.read(text)) {
      case Kind.Good<T>(T value) -> value;
      case Kind.Bad<T>(String what, String hint) -> {
        String found = "";
        if (!kind.isSecret()) {
          found = ": found " + Shown.value(text);
          if (!text.equals(raw.text())) {
            found += " from " + Shown.value(raw.text());
          }
        }
        problem(
            raw.line(),
            key,
            key
                + " "
                + what
                + found
                + ", allowed "
                + kind.allowed()
                + "."
                + (hint.isEmpty() ? "" : " " + hint));
        yield null;
      }
    };
  }

  /** With environment and, for secrets, file put in; null where that failed and is reported. */
  private @Nullable String fill(String key, Node.Text raw, Kind<?> kind) {
    return switch (environment.fill(raw.text())) {
      case Environment.Fault(String message) -> {
        problem(raw.line(), key, key + " " + message);
        yield null;
      }
      case Environment.Whole(String text) ->
          kind.isSecret() && text.startsWith(FILE_REFERENCE)
              ? contents(key, raw.line(), text.substring(FILE_REFERENCE.length()))
              : text;
    };
  }

  private @Nullable String contents(String key, int line, String path) {
    String fault;
    try {
      Path secret = resolve(path);
      if (!Files.isRegularFile(secret)) {
        fault = "which is not there";
      } else if (Files.size(secret) > SECRET_FILE_BYTES_MAX) {
        fault = "which is larger than 64KiB";
      } else {
        String text = Files.readString(secret, StandardCharsets.UTF_8).strip();
        if (!text.isEmpty()) {
          return text;
        }
        fault = "which is empty";
      }
    } catch (IOException | IllegalArgumentException e) {
      // Also a path with a character that no path has.
      fault = "which cannot be read";
    }
    problem(
        line,
        key,
        key
            + " refers to the file "
            + Shown.name(path)
            + ", "
            + fault
            + ". Relative paths start from the directory of this file.");
    return null;
  }

  /**
   * @param line of the setting, or of the innermost group around where it would stand
   */
  private record Place(int line, @Nullable Node node) {}

  private Place place(Setting<?> setting, String... names) {
    Node node = root;
    int line = 1;
    int named = 0;
    for (String part : setting.path().split("\\.", -1)) {
      Node.Group group = group(node);
      Node.Entry entry =
          group == null
              ? null
              : group.entries().get(part.equals(Keys.NAME) ? names[named++] : part);
      if (entry == null) {
        return new Place(line, null);
      }
      line = entry.line();
      node = entry.value();
    }
    return new Place(line, node);
  }
}

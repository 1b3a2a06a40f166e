package dev.sluice.admin.api;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The body of a request that changes something: one JSON object, read strictly. Members are asked
 * for one by one; whatever is wrong is kept, with its place, and all of it is told at once by
 * {@link #refusal}, which also minds members that nobody has asked for. A member that is not good
 * is answered with its default. Confined to one request.
 */
final class Body {

  private static final int SHOWN_MAX = 40;

  /** Something that is wrong. */
  record Fault(String pointer, String found, String allowed) {}

  /**
   * A member's value.
   *
   * @param what how a message calls it
   * @param text of a text or a number, or of a whole object or array as it came; else null
   */
  private record Value(JsonToken token, String what, @Nullable String text) {}

  private final Map<String, Value> members = new LinkedHashMap<>();
  private final Set<String> asked = new TreeSet<>();
  private final List<Fault> faults = new ArrayList<>();
  private @Nullable AdminAnswer unreadable;

  /** Pointer of the object that this is; empty for the whole body. */
  private final String place;

  private final List<Body> inside = new ArrayList<>();

  /** An object in an array of the body. */
  private Body(String place, String text) {
    this.place = place;
    read(text);
  }

  /**
   * @param mayBeEmpty whether no body at all is the same as an object without members
   */
  Body(AdminRequest request, boolean mayBeEmpty) {
    this.place = "";
    if (request.body().length == 0 && mayBeEmpty) {
      return;
    }
    if (!isJson(request.headers().get("Content-Type"))) {
      unreadable =
          AdminAnswer.problem(
              415,
              "Unsupported Media Type",
              "not_json",
              "The body must be JSON. Send it with Content-Type: application/json.",
              Map.of("Accept", "application/json"));
      return;
    }
    try {
      String text =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(request.body())).toString();
      read(text);
    } catch (CharacterCodingException notUtf8) {
      faults.add(new Fault("", "bytes that are not UTF-8", "JSON in UTF-8"));
    } catch (JacksonException notJson) {
      faults.clear();
      int line = notJson.getLocation() == null ? 1 : notJson.getLocation().getLineNr();
      int column = notJson.getLocation() == null ? 1 : notJson.getLocation().getColumnNr();
      faults.add(
          new Fault(
              "",
              "no JSON, at line " + line + ", column " + column,
              "one JSON object and nothing else"));
    }
  }

  private static boolean isJson(@Nullable String contentType) {
    if (contentType == null) {
      return false;
    }
    String[] parts = contentType.toLowerCase(Locale.ROOT).split(";", -1);
    boolean isUtf8 = true;
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip().replace("\"", "");
      isUtf8 &= !parameter.startsWith("charset=") || parameter.equals("charset=utf-8");
    }
    return parts[0].strip().equals("application/json") && isUtf8;
  }

  private void read(String text) {
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
      JsonToken first = parser.nextToken();
      if (first != JsonToken.START_OBJECT) {
        faults.add(new Fault("", first == null ? "nothing" : what(first), "a JSON object"));
        return;
      }
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        JsonToken token = parser.nextToken();
        Value value = value(parser, token, text);
        if (members.put(name, value) != null) {
          faults.add(new Fault(pointer(name), "the same member twice", "each member once"));
        }
      }
      JsonToken more = parser.nextToken();
      if (more != null) {
        faults.add(new Fault("", "more behind the object", "one JSON object and nothing else"));
      }
    }
  }

  private static Value value(JsonParser parser, JsonToken token, String source) {
    if (token.isScalarValue()) {
      return new Value(token, what(token), parser.getString());
    }
    int from = Math.toIntExact(parser.currentTokenLocation().getCharOffset());
    parser.skipChildren();
    int to = Math.toIntExact(parser.currentLocation().getCharOffset());
    return new Value(token, what(token), source.substring(from, to));
  }

  private static String what(JsonToken token) {
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_NULL -> "null";
      case VALUE_TRUE -> "true";
      case VALUE_FALSE -> "false";
      case VALUE_STRING -> "a text";
      default -> "a number";
    };
  }

  /** RFC 6901. */
  private String pointer(String name) {
    return place + "/" + name.replace("~", "~0").replace("/", "~1");
  }

  // ---- members

  /** Whether it is there, be it good or not, and not null. */
  boolean has(String name) {
    asked.add(name);
    Value value = members.get(name);
    return value != null && value.token() != JsonToken.VALUE_NULL;
  }

  boolean truth(String name, boolean otherwise) {
    Value value = take(name);
    if (value == null) {
      return otherwise;
    }
    if (value.token() != JsonToken.VALUE_TRUE && value.token() != JsonToken.VALUE_FALSE) {
      fault(name, value, "true or false");
      return otherwise;
    }
    return value.token() == JsonToken.VALUE_TRUE;
  }

  /** A whole number; 5.0 and 5e0 are such numbers too, as everywhere in JSON. */
  long whole(String name, long min, long max, long otherwise) {
    BigDecimal number = number(name, min, max, 0, "a whole number from " + min + " to " + max);
    return number == null ? otherwise : number.longValueExact();
  }

  /**
   * A number; null where there is none, or no good one.
   *
   * @param places at most so many decimal places
   */
  @Nullable BigDecimal number(String name, long min, long max, int places, String allowed) {
    Value value = take(name);
    if (value == null) {
      return null;
    }
    boolean isNumber =
        value.token() == JsonToken.VALUE_NUMBER_INT
            || value.token() == JsonToken.VALUE_NUMBER_FLOAT;
    BigDecimal number = isNumber ? decimal(String.valueOf(value.text())) : null;
    if (number == null
        || number.compareTo(BigDecimal.valueOf(min)) < 0
        || number.compareTo(BigDecimal.valueOf(max)) > 0
        || number.stripTrailingZeros().scale() > places) {
      fault(name, value, allowed);
      return null;
    }
    return number;
  }

  /** Null where it is absurd: 1e999999999 is a number as well, and takes forever to compare. */
  private static @Nullable BigDecimal decimal(String text) {
    BigDecimal number = text.length() > 50 ? null : new BigDecimal(text);
    return number == null || Math.abs(number.scale()) > 60 ? null : number;
  }

  /** A text without control characters; null where there is none, or no good one. */
  @Nullable String text(String name, int lengthMax) {
    Value value = take(name);
    if (value == null) {
      return null;
    }
    String text = value.token() == JsonToken.VALUE_STRING ? String.valueOf(value.text()) : "";
    if (text.isBlank() || text.length() > lengthMax || !isPlain(text)) {
      fault(name, value, "a text of 1 to " + lengthMax + " characters, none of them a control one");
      return null;
    }
    return text;
  }

  private static boolean isPlain(String text) {
    return text.codePoints()
        .noneMatch(
            c ->
                Character.isISOControl(c)
                    || Character.getType(c) == Character.SURROGATE
                    || Character.getType(c) == Character.LINE_SEPARATOR
                    || Character.getType(c) == Character.PARAGRAPH_SEPARATOR);
  }

  /** A text of a certain form; null where there is none, or no good one. */
  @Nullable String matching(String name, String pattern, String allowed) {
    Value value = take(name);
    if (value == null) {
      return null;
    }
    String text = value.token() == JsonToken.VALUE_STRING ? String.valueOf(value.text()) : "";
    if (!text.matches(pattern)) {
      fault(name, value, allowed);
      return null;
    }
    return text;
  }

  /** One of an enum's constants, in small letters. */
  <E extends Enum<E>> E choice(String name, E otherwise) {
    Value value = take(name);
    if (value == null) {
      return otherwise;
    }
    List<String> names = new ArrayList<>();
    for (E each : otherwise.getDeclaringClass().getEnumConstants()) {
      String label = each.name().toLowerCase(Locale.ROOT);
      if (value.token() == JsonToken.VALUE_STRING && label.equals(value.text())) {
        return each;
      }
      names.add(label);
    }
    fault(name, value, "one of " + String.join(", ", names));
    return otherwise;
  }

  /** An instant that comes after another; null where there is none, or no good one. */
  @Nullable Instant instantAfter(String name, Instant now) {
    Value value = take(name);
    if (value == null) {
      return null;
    }
    String allowed = "an instant to come, such as 2027-01-01T00:00:00Z";
    try {
      Instant instant =
          Instant.parse(
              value.token() == JsonToken.VALUE_STRING ? String.valueOf(value.text()) : "");
      if (instant.isAfter(now) && instant.isBefore(now.plusSeconds(YEARS_100_SECONDS))) {
        return instant;
      }
      allowed += ", within a hundred years";
    } catch (DateTimeException none) {
      // said below
    }
    fault(name, value, allowed);
    return null;
  }

  static final long YEARS_100_SECONDS = 100L * 365 * 24 * 3600;

  /** An object, as it came; null where there is none, or no good one. */
  @Nullable String object(String name, int bytesMax) {
    Value value = take(name);
    if (value == null) {
      return null;
    }
    String text = value.token() == JsonToken.START_OBJECT ? String.valueOf(value.text()) : "";
    if (text.isEmpty() || text.getBytes(StandardCharsets.UTF_8).length > bytesMax) {
      fault(name, value, "an object of at most " + bytesMax + " bytes");
      return null;
    }
    return text;
  }

  /** The objects of an array, to be read as this; none where there is none, or no good one. */
  List<Body> objects(String name, int max) {
    List<Body> objects = new ArrayList<>();
    for (Value each : elements(name, max, "an array of at most " + max + " objects")) {
      if (each.token() == JsonToken.START_OBJECT) {
        objects.add(new Body(pointer(name) + "/" + objects.size(), String.valueOf(each.text())));
      } else {
        fault(name, "in it " + each.what(), "an array of objects");
      }
    }
    inside.addAll(objects);
    return objects;
  }

  /** The texts of an array; none where there is none, or no good one. */
  List<String> texts(String name, List<String> allowed) {
    List<String> texts = new ArrayList<>();
    String what = "an array of " + String.join(", ", allowed) + ", each at most once";
    for (Value each : elements(name, allowed.size(), what)) {
      String text = each.token() == JsonToken.VALUE_STRING ? String.valueOf(each.text()) : "";
      if (allowed.contains(text) && !texts.contains(text)) {
        texts.add(text);
      } else {
        fault(name, "in it " + shown(each), what);
      }
    }
    return texts;
  }

  private List<Value> elements(String name, int max, String allowed) {
    Value value = take(name);
    if (value == null) {
      return List.of();
    }
    List<Value> elements = new ArrayList<>();
    String text = value.token() == JsonToken.START_ARRAY ? String.valueOf(value.text()) : "";
    if (!text.isEmpty()) {
      try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
        parser.nextToken();
        for (JsonToken t = parser.nextToken(); t != JsonToken.END_ARRAY; t = parser.nextToken()) {
          elements.add(value(parser, t, text));
        }
      }
    }
    if (text.isEmpty() || elements.size() > max) {
      fault(name, text.isEmpty() ? value.what() : elements.size() + " of them", allowed);
      return List.of();
    }
    return elements;
  }

  /** Keeps that something is wrong that no member tells alone. */
  void fault(String name, String found, String allowed) {
    faults.add(new Fault(pointer(name), found, allowed));
  }

  private @Nullable Value take(String name) {
    asked.add(name);
    Value value = members.get(name);
    return value == null || value.token() == JsonToken.VALUE_NULL ? null : value;
  }

  private void fault(String name, Value value, String allowed) {
    faults.add(new Fault(pointer(name), shown(value), allowed));
  }

  /** A long text may be a key that was put in a wrong place. */
  private static String shown(Value value) {
    String text = value.text();
    boolean isText = value.token() == JsonToken.VALUE_STRING;
    if (text == null || value.token().isBoolean() || !value.token().isScalarValue()) {
      return value.what();
    }
    if (text.length() > SHOWN_MAX || !isPlain(text)) {
      return value.what() + " of " + text.length() + " characters";
    }
    return isText ? '"' + text + '"' : text;
  }

  // ---- what is wrong

  private void mindUnknown() {
    for (String name : members.keySet()) {
      if (!asked.contains(name)) {
        boolean isLong = name.length() > SHOWN_MAX || !isPlain(name);
        faults.add(
            new Fault(
                isLong ? place : pointer(name),
                "a member that is not known here",
                asked.isEmpty() ? "none" : String.join(", ", asked)));
      }
    }
  }

  /** A problem that names all that is wrong; null where nothing is. */
  @Nullable AdminAnswer refusal() {
    if (unreadable != null) {
      return unreadable;
    }
    mindUnknown();
    for (Body each : inside) {
      each.mindUnknown();
      faults.addAll(each.faults);
    }
    if (faults.isEmpty()) {
      return null;
    }
    Fault first = faults.getFirst();
    String detail =
        (first.pointer().isEmpty() ? "The body" : "The body's member " + first.pointer())
            + " is not as it must be: found "
            + first.found()
            + ", allowed "
            + first.allowed()
            + "."
            + (faults.size() > 1 ? " There is more; errors has it all." : "");
    return AdminAnswer.problem(
        400,
        "Bad Request",
        "invalid_body",
        detail,
        Map.of(),
        Map.of("errors", List.copyOf(faults)));
  }
}

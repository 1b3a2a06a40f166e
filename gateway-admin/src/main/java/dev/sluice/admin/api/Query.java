package dev.sluice.admin.api;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The query of a request: read once, strictly. What is wrong is kept, and nothing is read any more;
 * {@link #refusal} is to be asked when all has been read. Confined to one request.
 */
final class Query {

  static final int LIMIT_USUAL = 100;
  static final int LIMIT_MAX = 1000;

  private final Map<String, String> values = new LinkedHashMap<>();
  private @Nullable AdminAnswer refusal;

  /**
   * @param known names that may stand in it
   */
  Query(AdminRequest request, List<String> known) {
    for (String pair : request.query().split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      if (pair.isEmpty()) {
        continue;
      }
      if (!known.contains(name)) {
        refuse(
            "unknown_parameter",
            "The query has a parameter that this path does not take. Known here: "
                + (known.isEmpty() ? "none" : String.join(", ", known))
                + ".");
        return;
      }
      String value = equals < 0 ? "" : Decoding.decoded(pair.substring(equals + 1));
      if (value == null || value.isEmpty() || values.put(name, value) != null) {
        bad(name, "given once, with a value");
        return;
      }
    }
  }

  /** A problem where something is wrong; null where nothing is. */
  @Nullable AdminAnswer refusal() {
    return refusal;
  }

  /** As it was given, decoded; null where it was not. */
  @Nullable String text(String name) {
    return values.get(name);
  }

  /** All that was given, decoded. */
  Map<String, String> values() {
    return values;
  }

  /** One of the given texts, or null. */
  @Nullable String oneOf(String name, List<String> allowed) {
    String value = values.get(name);
    if (value != null && !allowed.contains(value)) {
      bad(name, "one of " + String.join(", ", allowed));
    }
    return value;
  }

  /** An instant, or null. */
  @Nullable Instant instant(String name) {
    String value = values.get(name);
    try {
      return value == null ? null : Instant.parse(value);
    } catch (DateTimeException none) {
      bad(name, "an instant such as 2026-11-26T12:00:00Z");
      return null;
    }
  }

  /** {@code limit}. */
  int limit() {
    String text = values.get("limit");
    if (text == null) {
      return LIMIT_USUAL;
    }
    int limit = text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : 0;
    if (limit < 1 || limit > LIMIT_MAX) {
      bad("limit", "a whole number from 1 to " + LIMIT_MAX);
      return 1;
    }
    return limit;
  }

  /** Keeps that a parameter is not as it must be. */
  void bad(String name, String allowed) {
    refuse(
        "bad_parameter",
        "The parameter " + name + " is not as it must be; allowed is " + allowed + ".");
  }

  private void refuse(String code, String detail) {
    if (refusal == null) {
      refusal = AdminAnswer.problem(400, "Bad Request", code, detail);
    }
  }
}

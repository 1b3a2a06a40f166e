package dev.sluice.billing.ledger;

import java.util.Locale;

/** By what usage is grouped or filtered. */
public sealed interface UsageGroup {

  /** What every call has, or has not: then its value is empty. */
  enum Field implements UsageGroup {
    TEAM,
    KEY,
    PROVIDER,
    /** The one served, or else the one asked for. */
    MODEL,
    ROUTE,
    /** Of its start, in UTC: {@code 2026-11-26}. */
    DAY,
    /** Of its start, in UTC: {@code 2026-11-26T17:00:00Z}. */
    HOUR
  }

  /** The value of a tag, empty where the call has none of that name. */
  record Tag(String name) implements UsageGroup {}

  /**
   * {@code team}, {@code key}, {@code provider}, {@code model}, {@code route}, {@code day}, {@code
   * hour} or {@code tag:NAME}.
   *
   * @throws IllegalArgumentException for anything else; the message says what is allowed
   */
  static UsageGroup parse(String word) {
    if (word.startsWith("tag:") && word.length() > 4) {
      return new Tag(word.substring(4));
    }
    for (Field field : Field.values()) {
      if (field.word().equals(word)) {
        return field;
      }
    }
    throw new IllegalArgumentException(
        "\""
            + word
            + "\" is no group of usage. Known: team, key, provider, model, route, day, hour,"
            + " tag:NAME.");
  }

  /** What {@link #parse} reads. */
  default String word() {
    return switch (this) {
      case Field field -> field.name().toLowerCase(Locale.ROOT);
      case Tag tag -> "tag:" + tag.name();
    };
  }
}

package dev.sluice.admin.api;

import dev.sluice.admin.usage.UsageSpan;
import dev.sluice.billing.ledger.LedgerUnreadable;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What endpoints over the ledger have in common. */
final class LedgerAnswers {

  private LedgerAnswers() {}

  /** The file cannot be read now. */
  static AdminAnswer unreadable(LedgerUnreadable unreadable) {
    return AdminAnswer.problem(
        503,
        "Service Unavailable",
        "ledger_unreadable",
        String.valueOf(unreadable.getMessage()),
        Map.of("Retry-After", "5"));
  }

  static AdminAnswer malformed() {
    return AdminAnswer.problem(400, "Bad Request", "bad_parameter", "The query is none.");
  }

  /** A day or an instant, or null; what is wrong is kept in the query. */
  static @Nullable Instant time(Query query, String name) {
    String text = query.text(name);
    try {
      return text == null ? null : UsageSpan.parse(text);
    } catch (IllegalArgumentException none) {
      query.bad(name, UsageSpan.FORM);
      return null;
    }
  }

  /** Name and value of {@code tag=NAME=VALUE}, or null; what is wrong is kept in the query. */
  static String @Nullable [] tag(Query query) {
    String text = query.text("tag");
    if (text == null) {
      return null;
    }
    int equals = text.indexOf('=');
    if (equals < 1) {
      query.bad("tag", "NAME=VALUE");
      return null;
    }
    return new String[] {text.substring(0, equals), text.substring(equals + 1)};
  }
}

package dev.sluice.admin.api;

import dev.sluice.billing.account.Condition;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code If-Match} and {@code If-None-Match} of a request that changes something (RFC 9110 section
 * 13.1), and the other direction: a version as an entity tag. Tags are strong.
 */
final class Conditions {

  private static final Pattern TAG = Pattern.compile("\\G[ \\t]*(W/)?\"([!#-~]*)\"[ \\t]*(?:,|$)");

  private final Condition condition;
  private final @Nullable AdminAnswer refusal;

  private Conditions(Condition condition, @Nullable AdminAnswer refusal) {
    this.condition = condition;
    this.refusal = refusal;
  }

  static Conditions of(AdminRequest request) {
    String match = joined(request, "If-Match");
    String none = joined(request, "If-None-Match");
    if (match != null && none != null) {
      return bad("If-Match and If-None-Match stand together. Send one of them.");
    }
    if (none != null) {
      return none.strip().equals("*")
          ? new Conditions(Condition.NEW, null)
          : bad("If-None-Match is not *, the only one that makes sense for a change.");
    }
    if (match == null) {
      return new Conditions(Condition.NONE, null);
    }
    if (match.strip().equals("*")) {
      return new Conditions(Condition.THERE, null);
    }
    Set<String> versions = new HashSet<>();
    Matcher tag = TAG.matcher(match);
    int end = 0;
    while (tag.find()) {
      end = tag.end();
      if (tag.group(1) == null) { // a weak one matches nothing here
        versions.add(String.valueOf(tag.group(2)));
      }
    }
    return end == match.length() && end > 0
        ? new Conditions(Condition.has(versions), null)
        : bad("If-Match is no list of entity tags. Send the ETag as it came, in its quotes.");
  }

  private static @Nullable String joined(AdminRequest request, String field) {
    var values = request.headers().getAll(field);
    return values.isEmpty() ? null : String.join(", ", values);
  }

  private static Conditions bad(String detail) {
    return new Conditions(
        Condition.NONE, AdminAnswer.problem(400, "Bad Request", "bad_header", detail));
  }

  Condition condition() {
    return condition;
  }

  /** A problem where the fields are none; else null. */
  @Nullable AdminAnswer refusal() {
    return refusal;
  }

  /** A version as {@code ETag}. */
  static String etag(String version) {
    return '"' + version + '"';
  }
}

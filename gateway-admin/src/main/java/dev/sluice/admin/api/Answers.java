package dev.sluice.admin.api;

import dev.sluice.billing.account.Author;
import dev.sluice.billing.account.Change.No;
import dev.sluice.billing.account.Outcome.Refused;
import dev.sluice.billing.account.Reason;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is answered about accounts, whichever resource it is. */
final class Answers {

  /** As in the configuration file. */
  private static final String NAME = "[a-z0-9][a-z0-9._-]{0,63}";

  private Answers() {}

  static Author author(AdminRequest request) {
    return new Author(request.caller().name(), request.caller().role().label());
  }

  static AdminAnswer refused(Refused<?> refused) {
    return refused(refused.reason(), refused.detail(), refused.id());
  }

  static AdminAnswer refused(No<?> no) {
    return refused(no.reason(), no.detail(), no.id());
  }

  private static AdminAnswer refused(Reason reason, String detail, @Nullable String id) {
    Map<String, String> headers =
        reason == Reason.STORE_UNAVAILABLE ? Map.of("Retry-After", "5") : Map.of();
    return AdminAnswer.problem(
        status(reason),
        title(status(reason)),
        code(reason),
        detail,
        headers,
        id == null ? Map.of() : Map.of("id", id));
  }

  private static String code(Reason reason) {
    return reason == Reason.REQUEST_ID_REUSED
        ? "idempotency_key_reused"
        : reason.name().toLowerCase(Locale.ROOT);
  }

  private static int status(Reason reason) {
    return switch (reason) {
      case NO_SUCH_TEAM, NO_SUCH_KEY, NO_SUCH_POOL, NO_SUCH_QUOTA, NO_SUCH_BUDGET, NO_SUCH_PREFIX ->
          404;
      case SET_IN_FILE, KEY_NOT_ACTIVE, ALREADY_ROTATED, ALREADY_ISSUED, TOO_MANY -> 409;
      case CHANGED_MEANWHILE, ALREADY_EXISTS -> 412;
      case IMPOSSIBLE_QUOTA, NOT_THE_TEAMS_KEY, REQUEST_ID_REUSED -> 422;
      case STORE_UNAVAILABLE -> 503;
    };
  }

  private static String title(int status) {
    return switch (status) {
      case 404 -> "Not Found";
      case 409 -> "Conflict";
      case 412 -> "Precondition Failed";
      case 422 -> "Unprocessable Content";
      default -> "Service Unavailable";
    };
  }

  /** The first of these that is a problem; null where none is. */
  static @Nullable AdminAnswer first(@Nullable AdminAnswer... refusals) {
    for (AdminAnswer refusal : refusals) {
      if (refusal != null) {
        return refusal;
      }
    }
    return null;
  }

  /** A problem where something is to be made whose name is none; null where it is one. */
  static @Nullable AdminAnswer badName(String name) {
    return name.matches(NAME)
        ? null
        : AdminAnswer.problem(
            400,
            "Bad Request",
            "bad_name",
            "The name in the path is none: allowed 1 to 64 of a-z, 0-9, dot, hyphen and"
                + " underscore, the first a letter or digit.");
  }

  /** 200, or 201 where it is new, with its entity tag. */
  static AdminAnswer made(boolean isNew, Object card, String version) {
    return AdminAnswer.json(isNew ? 201 : 200, card, Map.of("ETag", Conditions.etag(version)));
  }
}

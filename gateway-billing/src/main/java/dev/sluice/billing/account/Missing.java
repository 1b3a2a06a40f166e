package dev.sluice.billing.account;

import dev.sluice.billing.account.Change.No;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.team.TeamId;
import java.util.stream.Collectors;

/** What is said of things that are not there. */
public final class Missing {

  private Missing() {}

  public static <T> No<T> team(TeamId team) {
    return new No<>(
        Reason.NO_SUCH_TEAM,
        "There is no team \""
            + team.name()
            + "\". GET /admin/v1/teams lists those there are; PUT /admin/v1/teams/{team} makes"
            + " one.");
  }

  public static <T> No<T> key() {
    return new No<>(
        Reason.NO_SUCH_KEY,
        "There is no key of this id. GET /admin/v1/teams/{team}/keys lists those there are.");
  }

  public static <T> No<T> pool(AccountBook book, String name) {
    return new No<>(
        Reason.NO_SUCH_POOL, "The configuration names no pool \"" + name + "\"." + named(book));
  }

  /** Which pools there are, as a sentence that begins with a space. */
  public static String named(AccountBook book) {
    return book.pools().isEmpty()
        ? " It names none."
        : " Named there: "
            + book.pools().stream().map(PoolSettings::name).collect(Collectors.joining(", "))
            + ".";
  }

  public static <T> No<T> quota(Named of) {
    return new No<>(
        Reason.NO_SUCH_QUOTA,
        "Team \""
            + of.team().name()
            + "\" has no quota of its own on pool \""
            + of.name()
            + "\": it borrows what others leave. PUT sets one.");
  }

  public static <T> No<T> budget(Named of) {
    return new No<>(
        Reason.NO_SUCH_BUDGET,
        "Team \""
            + of.team().name()
            + "\" has no budget \""
            + of.name()
            + "\". PUT makes one; GET /admin/v1/teams/{team}/budgets lists those there are.");
  }
}

package dev.sluice.admin.prefix;

import dev.sluice.admin.prefix.PrefixStore.Stored;
import dev.sluice.billing.account.Accounts;
import dev.sluice.billing.account.Author;
import dev.sluice.billing.account.Change;
import dev.sluice.billing.account.Outcome.Done;
import dev.sluice.billing.account.Outcome.Refused;
import dev.sluice.core.warm.RegisteredPrefix;
import dev.sluice.core.warm.WarmOrder;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Changes of registered prefixes in the log of changes, beside those of teams, keys, quotas and
 * budgets. It has what is registered, and of the request nothing but its length; the version, a
 * digest, tells whether it is another. Any thread but an event loop: waits for the disk.
 */
public final class PrefixAudit {

  private final Accounts accounts;

  /** What is remembered of a registration. */
  private record Facts(
      String route,
      String team,
      @Nullable String gate,
      boolean keepWarm,
      List<PrefixFile.Hours> schedules,
      @Nullable Long budgetPerDayNanoUsd,
      int requestBytes,
      String version) {

    static @Nullable String of(@Nullable Stored stored) {
      if (stored == null) {
        return null;
      }
      RegisteredPrefix prefix = stored.prefix();
      RegisteredPrefix.Gate gate = prefix.gate();
      WarmOrder order = prefix.order();
      return PrefixFile.JSON.writeValueAsString(
          new Facts(
              prefix.route(),
              prefix.team().name(),
              gate == null ? null : gate.name().toLowerCase(Locale.ROOT),
              order.isKeptWarm(),
              order.schedules().stream().map(PrefixFile.Hours::of).toList(),
              order.budgetPerDayNanoUsd(),
              prefix.requestBytes(),
              stored.version()));
    }
  }

  public PrefixAudit(Accounts accounts) {
    this.accounts = accounts;
  }

  /** Remembers changes as somebody's. */
  public PrefixWitness by(Author author) {
    return change -> remember(author, change);
  }

  private @Nullable Refused<?> remember(Author author, PrefixWitness.Changing change) {
    Stored after = change.after();
    String action =
        change.isUndo() ? "prefix_undo" : after == null ? "prefix_delete" : "prefix_put";
    return switch (accounts.make(
        author,
        Change.elsewhere(
            action, "prefixes/" + change.name(), Facts.of(change.before()), Facts.of(after)))) {
      case Done<Long> _ -> null;
      case Refused<Long> refused -> refused;
    };
  }
}

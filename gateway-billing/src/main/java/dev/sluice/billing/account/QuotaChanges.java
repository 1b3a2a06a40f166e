package dev.sluice.billing.account;

import dev.sluice.billing.account.Change.No;
import dev.sluice.billing.account.Change.Same;
import dev.sluice.billing.account.Change.Write;
import dev.sluice.billing.pool.Meter;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.pool.QuotaFaults;
import dev.sluice.billing.team.TeamId;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A team's shares of pools. What cannot be kept is refused as in a file, in the same words. */
public final class QuotaChanges {

  private QuotaChanges() {}

  /** Sets a quota: it holds in the place of the file's, if there is one. */
  public static Change<QuotaView> put(
      TeamId team, String poolName, QuotaTerms terms, Condition condition) {
    return (book, now, revision) -> {
      PoolSettings pool = book.pool(poolName);
      if (book.team(team) == null) {
        return Missing.team(team);
      }
      if (pool == null) {
        return Missing.pool(book, poolName);
      }
      QuotaView found = book.quota(team, poolName);
      Reason broken = condition.broken(found == null ? null : found.version());
      if (broken != null) {
        return Change.broken(broken, shown(team, poolName));
      }
      if (found != null
          && found.source() == Source.STORE
          && found.terms().equals(terms)
          && found.obstacle() == null) {
        return new Same<>(found);
      }
      String fault = fault(pool, team, terms);
      if (fault != null) {
        return new No<>(Reason.IMPOSSIBLE_QUOTA, fault);
      }
      StoredQuota row = new StoredQuota(new Named(team, poolName), terms, revision);
      return new Write<>(
          "quota_put",
          resource(team, poolName),
          found == null ? null : facts(found),
          facts(terms, Source.STORE),
          List.of(new Edit.PutQuota(row)),
          after -> TeamChanges.there(after.quota(team, poolName)),
          found == null);
    };
  }

  /** Drops what was set: the file's holds again, or that of all others. */
  public static Change<Named> delete(TeamId team, String poolName, Condition condition) {
    return (book, now, revision) -> {
      Named of = new Named(team, poolName);
      QuotaView found = book.quota(team, poolName);
      if (found == null) {
        return book.team(team) == null ? Missing.team(team) : Missing.quota(of);
      }
      Reason broken = condition.broken(found.version());
      if (broken != null) {
        return Change.broken(broken, shown(team, poolName));
      }
      if (found.source() == Source.FILE) {
        return new No<>(
            Reason.SET_IN_FILE,
            shown(team, poolName)
                + " stands in the configuration file. Change it there, or PUT another, which then"
                + " holds in its place.");
      }
      PoolSettings pool = book.pool(poolName);
      Quota inFile = book.quotaInFile(team, poolName);
      String fault = pool == null ? null : fault(pool, team, inFile);
      if (fault != null) {
        return new No<>(
            Reason.IMPOSSIBLE_QUOTA,
            "The file's value would hold again, and cannot be kept beside what was set meanwhile: "
                + fault);
      }
      return new Write<>(
          "quota_delete",
          resource(team, poolName),
          facts(found),
          inFile == null ? null : facts(AccountBook.terms(inFile), Source.FILE),
          List.of(new Edit.DropQuota(of)),
          after -> of,
          false);
    };
  }

  private static @Nullable String fault(PoolSettings pool, TeamId team, QuotaTerms terms) {
    String key = QuotaFaults.key(team.name(), pool.name());
    if (terms.burst() > 0 && terms.guaranteed() == 0) {
      return QuotaFaults.burstOfNothing(
          key + ".burst", QuotaFaults.amount(terms.burst()), key + ".guaranteed");
    }
    if (terms.ceiling() > 0 && terms.ceiling() < terms.guaranteed()) {
      return QuotaFaults.ceilingTooLow(
          key + ".ceiling",
          QuotaFaults.amount(terms.ceiling()),
          key + ".guaranteed",
          QuotaFaults.amount(terms.guaranteed()));
    }
    return fault(pool, team, terms.on(pool));
  }

  /** Why a pool cannot keep this quota beside the others; null where it can. */
  private static @Nullable String fault(PoolSettings pool, TeamId team, @Nullable Quota quota) {
    Meter main = pool.mainMeter();
    String key = QuotaFaults.key(team.name(), pool.name());
    String limitKey = QuotaFaults.limitKey(pool.name(), main.counts());
    long guarantees = quota == null ? 0 : quota.guaranteed();
    long bursts = quota == null ? 0 : pool.guaranteedBurst(quota, main);
    for (var other : pool.quotas().entrySet()) {
      if (!other.getKey().equals(team)) {
        guarantees += other.getValue().guaranteed();
        bursts += pool.guaranteedBurst(other.getValue(), main);
      }
    }
    if (guarantees > main.perMinute()) {
      return QuotaFaults.guaranteesTooHigh(
          key + ".guaranteed",
          pool.name(),
          guarantees,
          limitKey,
          QuotaFaults.amount(main.perMinute()));
    }
    if (bursts > main.burst()) {
      return QuotaFaults.burstsTooHigh(
          key + ".burst", pool.name(), bursts, main.burst(), time(main), limitKey);
    }
    try {
      Combination.with(pool, team, quota);
      return null;
    } catch (IllegalArgumentException unkept) {
      return QuotaFaults.cannotBeKept(pool.name(), String.valueOf(unkept.getMessage()));
    }
  }

  /** A meter's burst as time, as the file says it. */
  private static String time(Meter meter) {
    long millis = Math.ceilDiv(meter.burst() * Duration.ofMinutes(1).toMillis(), meter.perMinute());
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }

  private static String shown(TeamId team, String pool) {
    return "The quota of team \"" + team.name() + "\" on pool \"" + pool + "\"";
  }

  private static String resource(TeamId team, String pool) {
    return TeamChanges.resource(team) + "/quotas/" + pool;
  }

  private static String facts(QuotaView view) {
    return facts(view.terms(), view.source());
  }

  private static String facts(QuotaTerms terms, Source source) {
    return Facts.of(
        "source",
        source,
        "guaranteed",
        terms.guaranteed(),
        "ceiling",
        terms.ceiling(),
        "weight",
        terms.weight(),
        "lane",
        terms.lane(),
        "max_wait_seconds",
        terms.maxWait(),
        "burst",
        terms.burst(),
        "mode",
        terms.mode());
  }
}

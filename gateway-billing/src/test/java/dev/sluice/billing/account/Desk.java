package dev.sluice.billing.account;

import dev.sluice.billing.account.Outcome.Done;
import dev.sluice.billing.account.Outcome.Refused;
import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.pool.Counting;
import dev.sluice.billing.pool.Counts;
import dev.sluice.billing.pool.Lane;
import dev.sluice.billing.pool.Meter;
import dev.sluice.billing.pool.Mode;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.team.ApiKeyHash;
import dev.sluice.billing.team.ApiKeyHasher;
import dev.sluice.billing.team.KeyOwner;
import dev.sluice.billing.team.Team;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.team.TeamKey;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Accounts with a clock in hand, and what tests say to them. */
final class Desk implements AutoCloseable, Accounts.Watcher {

  static final Author ANN = new Author("ann", "operator");
  static final TeamId CHAT = new TeamId("chat");
  static final TeamId BATCH = new TeamId("batch");
  static final TeamId NEW = new TeamId("new");

  /** The hash of no key that anybody has. */
  static final ApiKeyHash IN_FILE = ApiKeyHash.parse("hmac-sha256:" + "ab12cd34".repeat(8));

  final List<String> told = new ArrayList<>();
  final ApiKeyHasher hasher = new ApiKeyHasher(ApiKeyHasher.DEFAULT_SECRET);
  final KeyChanges keys =
      new KeyChanges(new SecureRandom(), new ApiKeyHasher(ApiKeyHasher.DEFAULT_SECRET));
  final Accounts accounts;
  Instant now = Instant.parse("2026-11-26T12:00:00Z");

  Desk(Path directory) {
    this(() -> SqliteAccounts.open(directory), file(6_000));
  }

  Desk(AccountStore.Opener opener, FileAccounts file) {
    accounts = new Accounts(opener, file, () -> now, this);
  }

  /** Two teams; chat has a key and a guarantee of a third on pool main. */
  static FileAccounts file(long perMinute) {
    return new FileAccounts(
        List.of(
            new Team(CHAT, List.of(TeamKey.inFile(IN_FILE)), true),
            new Team(BATCH, List.of(), false)),
        List.of(pool("main", perMinute, Map.of(CHAT, quota(2_000)))),
        List.of(budget(CHAT, "monthly", 500)));
  }

  static PoolSettings pool(String name, long perMinute, Map<TeamId, Quota> quotas) {
    return new PoolSettings(
        name,
        List.of(new Meter(Counts.TOTAL_TOKENS, perMinute, perMinute)),
        Counting.PLAIN,
        Mode.ENFORCE,
        new LinkedHashMap<>(quotas),
        Quota.borrowing(Duration.ofSeconds(30)),
        100);
  }

  static Quota quota(long guaranteed) {
    return new Quota(guaranteed, 0, 1, Lane.INTERACTIVE, Duration.ofSeconds(30), 0, Mode.ENFORCE);
  }

  static QuotaTerms terms(long guaranteed) {
    return new QuotaTerms(guaranteed, 0, 1, Lane.INTERACTIVE, null, 0, Mode.ENFORCE);
  }

  static BudgetRule budget(TeamId team, String name, long tokens) {
    return new BudgetRule(
        name, team, null, BudgetRule.Unit.TOKENS, tokens, BudgetRule.Period.DAY, 80, Mode.ENFORCE);
  }

  <T> Outcome<T> ask(Change<T> change) {
    return accounts.make(ANN, change);
  }

  /** What came of it; fails where it was refused. */
  <T> T make(Change<T> change) {
    return switch (ask(change)) {
      case Done<T>(T value, boolean _) -> value;
      case Refused<T> refused -> throw new AssertionError(refused);
    };
  }

  /** Why it was refused; fails where it was made. */
  <T> Reason no(Change<T> change) {
    return refusal(change).reason();
  }

  <T> Refused<T> refusal(Change<T> change) {
    return switch (ask(change)) {
      case Refused<T> refused -> refused;
      case Done<T> done -> throw new AssertionError("made: " + done);
    };
  }

  KeyChanges.Issued issue(TeamId team) {
    return make(keys.issue(team, null, null, null, null));
  }

  /** Whom a key opens the door for now. */
  @Nullable KeyOwner owner(String key) {
    byte[] digest = new byte[32];
    hasher.digest(key, digest);
    return accounts.book().directory().find(digest, now.toEpochMilli());
  }

  AccountBook book() {
    return accounts.book();
  }

  /** All that is remembered, the newest first. */
  List<AuditEntry> audit() {
    return audit(new AuditQuery(null, null, null, Long.MAX_VALUE, 100_000));
  }

  List<AuditEntry> audit(AuditQuery query) {
    return switch (accounts.audit(query)) {
      case Done<List<AuditEntry>>(List<AuditEntry> entries, boolean _) -> entries;
      case Refused<List<AuditEntry>> refused -> throw new AssertionError(refused);
    };
  }

  @Override
  public void storeLost(String why) {
    told.add("lost: " + why);
  }

  @Override
  public void storeFound() {
    told.add("found");
  }

  @Override
  public void heldBack(Named of, String why) {
    told.add("held back: " + of.team().name() + " on " + of.name() + ": " + why);
  }

  @Override
  public void close() {
    accounts.close();
  }
}

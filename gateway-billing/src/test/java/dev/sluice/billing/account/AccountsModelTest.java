package dev.sluice.billing.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.account.KeyChanges.Issued;
import dev.sluice.billing.account.Outcome.Done;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.team.KeyOwner;
import dev.sluice.billing.team.TeamId;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random changes against a naive model of what must hold, with the store closed and opened in
 * between. The model knows nothing of rows, revisions or combinations.
 */
class AccountsModelTest {

  private static final int STEPS = 400;
  private static final List<TeamId> TEAMS =
      List.of(Desk.CHAT, Desk.BATCH, Desk.NEW, new TeamId("other"));
  private static final long LIMIT = 6_000;

  @TempDir Path directory;

  /** A key, and when it ends. */
  private static final class Key {
    final TeamId team;
    final String key;
    final String id;
    Instant end;
    @Nullable Key successor;

    Key(TeamId team, Issued issued, Instant end) {
      this.team = team;
      this.key = issued.key();
      this.id = issued.view().id();
      this.end = end;
    }
  }

  // The model.
  private final Set<String> made = new TreeSet<>();
  private final List<Key> keys = new ArrayList<>();
  private final Map<TeamId, Long> guaranteed = new HashMap<>();
  private final Map<Named, Long> budgets = new HashMap<>();
  private int changes;

  private Random random = new Random();
  private @Nullable Desk opened;

  private Desk desk() {
    return Objects.requireNonNull(opened);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void whatHoldsIsWhatTheChangesCameTo(long seed) {
    random = new Random(seed);
    opened = new Desk(directory);
    try {
      for (int step = 0; step < STEPS; step++) {
        step();
        if (random.nextInt(20) == 0) {
          reopen();
        }
        check("seed " + seed + ", step " + step);
      }
    } finally {
      desk().close();
    }
    assertThat(changes).isGreaterThan(STEPS / 4);
  }

  private void reopen() {
    Instant now = desk().now;
    desk().close();
    opened = new Desk(directory);
    desk().now = now;
  }

  private TeamId anyTeam() {
    return TEAMS.get(random.nextInt(TEAMS.size()));
  }

  private boolean exists(TeamId team) {
    return isInFile(team) || made.contains(team.name());
  }

  private static boolean isInFile(TeamId team) {
    return team.equals(Desk.CHAT) || team.equals(Desk.BATCH);
  }

  private void step() {
    Desk desk = desk();
    desk.now = desk.now.plusSeconds(random.nextInt(100));
    TeamId team = anyTeam();
    switch (random.nextInt(10)) {
      case 0 -> putTeam(team);
      case 1 -> deleteTeam(team);
      case 2, 3 -> issue(team);
      case 4 -> rotate();
      case 5 -> revoke();
      case 6, 7 -> putQuota(team);
      case 8 -> deleteQuota(team);
      default -> budget(team);
    }
  }

  private <T> boolean isMade(Change<T> change) {
    return desk().ask(change) instanceof Done;
  }

  private void putTeam(TeamId team) {
    boolean wanted = !isInFile(team) && !made.contains(team.name());
    boolean was = isMade(TeamChanges.put(team, team.equals(Desk.CHAT), Condition.NEW));
    assertThat(was).isEqualTo(wanted);
    if (was) {
      made.add(team.name());
      changes++;
    }
  }

  private void deleteTeam(TeamId team) {
    boolean was = isMade(TeamChanges.delete(team, Condition.NONE));
    assertThat(was).isEqualTo(made.remove(team.name()));
    if (was) {
      keys.stream().filter(key -> key.team.equals(team)).forEach(this::endNow);
      guaranteed.remove(team);
      budgets.keySet().removeIf(of -> of.team().equals(team));
      changes++;
    }
  }

  private void endNow(Key key) {
    key.end = key.end.isAfter(desk().now) ? desk().now : key.end;
  }

  private void issue(TeamId team) {
    Duration life = random.nextBoolean() ? null : Duration.ofSeconds(1 + random.nextInt(500));
    Outcome<Issued> outcome = desk().ask(desk().keys.issue(team, null, null, life, null));
    assertThat(outcome instanceof Done).isEqualTo(exists(team));
    if (outcome instanceof Done<Issued>(Issued issued, boolean _)) {
      keys.add(new Key(team, issued, life == null ? Instant.MAX : desk().now.plus(life)));
      changes++;
    }
  }

  private void rotate() {
    if (keys.isEmpty()) {
      return;
    }
    Key old = keys.get(random.nextInt(keys.size()));
    Duration grace = Duration.ofSeconds(random.nextInt(300));
    Outcome<Issued> outcome = desk().ask(desk().keys.rotate(old.id, grace, null));
    boolean isLive = desk().now.isBefore(old.end);
    Key last = old;
    while (last.successor != null) {
      last = last.successor;
    }
    boolean hasOther = old.successor != null && desk().now.isBefore(last.end);
    assertThat(outcome instanceof Done).isEqualTo(isLive && !hasOther);
    if (outcome instanceof Done<Issued>(Issued issued, boolean _)) {
      Instant end = issued.view().expires();
      Key next = new Key(old.team, issued, end == null ? Instant.MAX : end);
      keys.add(next);
      old.successor = next;
      Instant latest = desk().now.plus(grace);
      old.end = latest.isBefore(old.end) ? latest : old.end;
      changes++;
    }
  }

  private void revoke() {
    if (keys.isEmpty()) {
      return;
    }
    Key key = keys.get(random.nextInt(keys.size()));
    int before = desk().audit().size();
    assertThat(isMade(KeyChanges.revoke(key.id, Condition.NONE))).isTrue();
    changes += desk().audit().size() - before;
    endNow(key);
  }

  private long guaranteedTo(TeamId team) {
    Long own = guaranteed.get(team);
    return own != null ? own : team.equals(Desk.CHAT) ? 2_000 : 0;
  }

  private boolean fits(TeamId team, long wanted) {
    long sum = wanted;
    for (TeamId other : TEAMS) {
      sum += other.equals(team) ? 0 : guaranteedTo(other);
    }
    return sum <= LIMIT;
  }

  private void putQuota(TeamId team) {
    long wanted = 100L * random.nextInt(40);
    boolean isSame = Long.valueOf(wanted).equals(guaranteed.get(team));
    boolean was = isMade(QuotaChanges.put(team, "main", Desk.terms(wanted), Condition.NONE));
    assertThat(was).isEqualTo(exists(team) && fits(team, wanted));
    if (was && !isSame) {
      guaranteed.put(team, wanted);
      changes++;
    }
  }

  private void deleteQuota(TeamId team) {
    boolean wanted = guaranteed.containsKey(team) && fits(team, team.equals(Desk.CHAT) ? 2_000 : 0);
    boolean was = isMade(QuotaChanges.delete(team, "main", Condition.NONE));
    assertThat(was).isEqualTo(wanted);
    if (was) {
      guaranteed.remove(team);
      changes++;
    }
  }

  private void budget(TeamId team) {
    Named of = new Named(team, random.nextBoolean() ? "monthly" : "daily");
    if (random.nextInt(3) == 0) {
      boolean was = isMade(BudgetChanges.delete(of, Condition.NONE));
      assertThat(was).isEqualTo(budgets.remove(of) != null);
      changes += was ? 1 : 0;
    } else {
      long amount = 1L + random.nextInt(3);
      boolean isSame = Long.valueOf(amount).equals(budgets.get(of));
      boolean was = isMade(BudgetChanges.put(Desk.budget(team, of.name(), amount), Condition.NONE));
      assertThat(was).isEqualTo(exists(team));
      if (was) {
        budgets.put(of, amount);
        changes += isSame ? 0 : 1;
      }
    }
  }

  private void check(String when) {
    Desk desk = desk();
    for (Key key : keys) {
      KeyOwner owner = desk.now.isBefore(key.end) ? new KeyOwner(key.team, key.id) : null;
      assertThat(desk.owner(key.key)).as(when).isEqualTo(owner);
    }
    PoolSettings pool = Objects.requireNonNull(desk.book().pool("main"));
    for (TeamId team : TEAMS) {
      Quota quota = pool.quotaOf(team);
      assertThat(quota.guaranteed()).as(when).isEqualTo(guaranteedTo(team));
      assertThat(desk.book().team(team) != null).as(when).isEqualTo(exists(team));
    }
    Map<Named, Long> wanted = new HashMap<>(budgets);
    wanted.putIfAbsent(new Named(Desk.CHAT, "monthly"), 500L);
    Map<Named, Long> found = new HashMap<>();
    desk.book().budgets().forEach(b -> found.put(new Named(b.team(), b.name()), b.amount()));
    assertThat(found).as(when).isEqualTo(wanted);
    assertThat(desk.audit()).as(when).hasSize(changes);
  }
}

package dev.sluice.billing.account;

import static dev.sluice.billing.account.Desk.BATCH;
import static dev.sluice.billing.account.Desk.CHAT;
import static dev.sluice.billing.account.Desk.NEW;
import static dev.sluice.billing.account.Desk.terms;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.account.KeyChanges.Issued;
import dev.sluice.billing.account.KeyChanges.RequestId;
import dev.sluice.billing.account.Outcome.Done;
import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.team.KeyOwner;
import dev.sluice.billing.team.TeamDirectory;
import dev.sluice.billing.team.TeamId;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What holds of accounts, over a real store, with a clock in hand. */
class AccountsTest {

  @TempDir Path directory;

  private Desk desk;

  @BeforeEach
  void open() {
    desk = new Desk(directory);
  }

  @AfterEach
  void close() {
    desk.close();
  }

  private void reopen() {
    Instant now = desk.now;
    desk.close();
    desk = new Desk(directory);
    desk.now = now;
  }

  private long guaranteed(TeamId team) {
    return Objects.requireNonNull(desk.book().pool("main")).quotaOf(team).guaranteed();
  }

  // ---- keys

  @Test
  void aKeyOpensFromItsIssueToTheInstantOfItsEnd() {
    Instant end = desk.now.plusSeconds(60);
    Issued issued = desk.make(desk.keys.issue(CHAT, "ci", end, null, null));

    assertThat(desk.owner(issued.key())).isEqualTo(new KeyOwner(CHAT, issued.view().id()));
    desk.now = end.minusMillis(1);
    assertThat(desk.owner(issued.key())).isNotNull();
    assertThat(issued.view().stateAt(desk.now)).isEqualTo(KeyView.State.ACTIVE);
    desk.now = end;
    assertThat(desk.owner(issued.key())).isNull();
    assertThat(issued.view().stateAt(desk.now)).isEqualTo(KeyView.State.EXPIRED);
  }

  @Test
  void aRotatedKeyOpensUntilTheGraceIsOverAndItsSuccessorAtOnce() {
    Issued old = desk.make(desk.keys.issue(CHAT, "ci", null, null, null));
    Issued next = desk.make(desk.keys.rotate(old.view().id(), Duration.ofHours(1), null));

    assertThat(next.view().name()).isEqualTo("ci");
    assertThat(desk.owner(next.key())).isEqualTo(new KeyOwner(CHAT, next.view().id()));
    assertThat(desk.owner(old.key())).isEqualTo(new KeyOwner(CHAT, old.view().id()));
    desk.now = desk.now.plus(Duration.ofHours(1));
    assertThat(desk.owner(old.key())).isNull();
    assertThat(desk.owner(next.key())).isNotNull();
    assertThat(desk.no(desk.keys.rotate(old.view().id(), Duration.ZERO, null)))
        .isEqualTo(Reason.KEY_NOT_ACTIVE);
  }

  @Test
  void aKeyHasOneSuccessorAsLongAsThatIsGood() {
    Issued old = desk.issue(CHAT);
    Issued next = desk.make(desk.keys.rotate(old.view().id(), Duration.ofHours(1), null));
    assertThat(Objects.requireNonNull(next.replaced()).replacedBy()).isEqualTo(next.view().id());
    assertThat(desk.refusal(desk.keys.rotate(old.view().id(), Duration.ZERO, null)))
        .satisfies(no -> assertThat(no.reason()).isEqualTo(Reason.ALREADY_ROTATED))
        .satisfies(no -> assertThat(no.id()).isEqualTo(next.view().id()));

    desk.make(KeyChanges.revoke(next.view().id(), Condition.NONE));
    Issued other = desk.make(desk.keys.rotate(old.view().id(), Duration.ofHours(1), null));
    // The old one's end came with its rotation, and is nobody's life.
    assertThat(other.view().expires()).isNull();
  }

  @Test
  void withoutAGraceTheOldKeyEndsAtOnce() {
    Issued old = desk.issue(CHAT);
    desk.make(desk.keys.rotate(old.view().id(), Duration.ZERO, null));
    assertThat(desk.owner(old.key())).isNull();
  }

  @Test
  void aGraceNeverLengthensALife() {
    Instant end = desk.now.plusSeconds(60);
    Issued old = desk.make(desk.keys.issue(CHAT, null, end, null, null));
    Issued next = desk.make(desk.keys.rotate(old.view().id(), Duration.ofHours(1), null));

    assertThat(Objects.requireNonNull(next.replaced()).expires()).isEqualTo(end);
    assertThat(next.view().expires()).isEqualTo(desk.now.plusSeconds(60));
  }

  @Test
  void aRevokedKeyOpensNothingAndStaysRevoked() {
    Issued issued = desk.issue(CHAT);
    String id = issued.view().id();
    KeyView first = desk.make(KeyChanges.revoke(id, Condition.NONE));
    assertThat(desk.owner(issued.key())).isNull();

    desk.now = desk.now.plusSeconds(5);
    assertThat(desk.make(KeyChanges.revoke(id, Condition.NONE))).isEqualTo(first);
    assertThat(desk.audit()).hasSize(2);
    reopen();
    assertThat(desk.owner(issued.key())).isNull();
    assertThat(Objects.requireNonNull(desk.book().key(id)).revoked()).isEqualTo(first.revoked());
  }

  @Test
  void keysOfTheFileAreShownAndOnlyTheFileCanEndThem() {
    assertThat(desk.book().keys(CHAT)).extracting(KeyView::id).containsExactly("file_ab12cd34");
    assertThat(desk.no(KeyChanges.revoke("file_ab12cd34", Condition.NONE)))
        .isEqualTo(Reason.SET_IN_FILE);
    assertThat(desk.no(desk.keys.rotate("file_ab12cd34", Duration.ZERO, null)))
        .isEqualTo(Reason.SET_IN_FILE);
    assertThat(desk.no(KeyChanges.revoke("key_none", Condition.NONE)))
        .isEqualTo(Reason.NO_SUCH_KEY);
  }

  @Test
  void aRequestThatIsSentTwiceIssuesOneKey() {
    RequestId id = new RequestId("r", "b");
    Issued issued = desk.make(desk.keys.issue(CHAT, null, null, null, id));
    reopen();

    assertThat(desk.refusal(desk.keys.issue(CHAT, null, null, null, id)))
        .satisfies(no -> assertThat(no.id()).isEqualTo(issued.view().id()))
        .satisfies(no -> assertThat(no.detail()).doesNotContain(issued.key()));
    assertThat(desk.no(desk.keys.issue(CHAT, null, null, null, id)))
        .isEqualTo(Reason.ALREADY_ISSUED);
    assertThat(desk.no(desk.keys.issue(CHAT, "other", null, null, new RequestId("r", "c"))))
        .isEqualTo(Reason.REQUEST_ID_REUSED);
    assertThat(desk.book().keys(CHAT)).hasSize(2);

    desk.now = desk.now.plus(KeyChanges.REMEMBERED);
    desk.make(desk.keys.issue(CHAT, null, null, null, id));
    assertThat(desk.book().keys(CHAT)).hasSize(3);
    assertThat(desk.book().state().answered()).hasSize(1);
  }

  @Test
  void nothingThatIsKeptOrToldHoldsAKeyOrItsHash() {
    Issued issued = desk.make(desk.keys.issue(CHAT, "ci", null, null, null));
    desk.make(desk.keys.rotate(issued.view().id(), Duration.ZERO, null));
    String hash = desk.hasher.hash(issued.key()).text().substring(20);

    assertThat(desk.audit().toString() + issued + desk.book().keys(CHAT))
        .doesNotContain(issued.key())
        .doesNotContain(hash)
        .doesNotContain("hmac");
  }

  // ---- teams

  @Test
  void aDeletedTeamsKeysAreRevokedAndItsQuotasAndBudgetsGone() {
    desk.make(TeamChanges.put(NEW, true, Condition.NONE));
    Issued issued = desk.issue(NEW);
    desk.make(QuotaChanges.put(NEW, "main", terms(1_000), Condition.NONE));
    desk.make(BudgetChanges.put(Desk.budget(NEW, "daily", 7), Condition.NONE));
    desk.make(TeamChanges.delete(NEW, Condition.NONE));

    assertThat(desk.book().team(NEW)).isNull();
    assertThat(desk.owner(issued.key())).isNull();
    assertThat(guaranteed(NEW)).isZero();
    assertThat(desk.book().budgets()).extracting(BudgetRule::team).containsExactly(CHAT);

    desk.make(TeamChanges.put(NEW, true, Condition.NONE));
    assertThat(desk.owner(issued.key())).isNull();
    assertThat(desk.book().quotas(NEW)).isEmpty();
  }

  @Test
  void whatIsKeptElsewhereIsRememberedAndChangesNothingHere() {
    TeamView team = desk.make(TeamChanges.put(NEW, true, Condition.NONE));
    assertThat(desk.make(Change.elsewhere("thing_put", "things/a", null, "{\"x\":1}")))
        .isEqualTo(2);
    assertThat(desk.book().team(NEW)).isEqualTo(team);
    reopen();
    assertThat(desk.make(Change.elsewhere("thing_delete", "things/a", "{\"x\":1}", null)))
        .isEqualTo(3);
    assertThat(desk.audit(new AuditQuery("things", "ann", null, Long.MAX_VALUE, 10)))
        .containsExactly(
            new AuditEntry(3, desk.now, Desk.ANN, "thing_delete", "things/a", "{\"x\":1}", null),
            new AuditEntry(2, desk.now, Desk.ANN, "thing_put", "things/a", null, "{\"x\":1}"));
    desk.close();
    assertThat(desk.no(Change.elsewhere("thing_put", "things/a", null, "{}")))
        .isEqualTo(Reason.STORE_UNAVAILABLE);
  }

  @Test
  void aTeamOfTheFileIsTheFiles() {
    assertThat(desk.no(TeamChanges.delete(CHAT, Condition.NONE))).isEqualTo(Reason.SET_IN_FILE);
    assertThat(desk.no(TeamChanges.put(CHAT, false, Condition.NONE))).isEqualTo(Reason.SET_IN_FILE);
    assertThat(desk.make(TeamChanges.put(CHAT, true, Condition.NONE)).source())
        .isEqualTo(Source.FILE);
    assertThat(desk.audit()).isEmpty();
  }

  @Test
  void aTeamThatStandsInBothIsTheFiles() {
    desk.accounts.file(new FileAccounts(List.of(), List.of(), List.of()));
    desk.make(TeamChanges.put(CHAT, false, Condition.NONE));
    assertThat(desk.book().directory().holdsAnswers(CHAT)).isFalse();
    desk.accounts.file(Desk.file(6_000));
    assertThat(desk.book().directory().holdsAnswers(CHAT)).isTrue();
    assertThat(Objects.requireNonNull(desk.book().team(CHAT)).source()).isEqualTo(Source.FILE);
  }

  @Test
  void whatATeamHadWaitsWhileTheFileDoesNotNameIt() {
    Issued issued = desk.issue(BATCH);
    desk.make(QuotaChanges.put(BATCH, "main", terms(1_000), Condition.NONE));
    desk.make(BudgetChanges.put(Desk.budget(BATCH, "daily", 7), Condition.NONE));
    FileAccounts file = Desk.file(6_000);
    desk.accounts.file(
        new FileAccounts(List.of(file.teams().getFirst()), file.pools(), file.budgets()));

    assertThat(desk.owner(issued.key())).isNull();
    assertThat(guaranteed(BATCH)).isZero();
    assertThat(desk.book().budgets()).hasSize(1);
    desk.accounts.file(file);
    assertThat(desk.owner(issued.key())).isNotNull();
    assertThat(guaranteed(BATCH)).isEqualTo(1_000);
    assertThat(desk.book().budgets()).hasSize(2);
  }

  // ---- quotas and budgets

  @Test
  void whatIsSetHoldsInThePlaceOfTheFilesUntilItIsDropped() {
    QuotaView before = Objects.requireNonNull(desk.book().quota(CHAT, "main"));
    assertThat(before.source()).isEqualTo(Source.FILE);
    desk.make(QuotaChanges.put(CHAT, "main", terms(3_000), Condition.NONE));
    assertThat(guaranteed(CHAT)).isEqualTo(3_000);
    reopen();
    assertThat(guaranteed(CHAT)).isEqualTo(3_000);
    desk.make(QuotaChanges.delete(CHAT, "main", Condition.NONE));
    assertThat(desk.book().quota(CHAT, "main")).isEqualTo(before);
    assertThat(desk.no(QuotaChanges.delete(CHAT, "main", Condition.NONE)))
        .isEqualTo(Reason.SET_IN_FILE);

    desk.make(BudgetChanges.put(Desk.budget(CHAT, "monthly", 9), Condition.NONE));
    assertThat(desk.book().budgets()).extracting(BudgetRule::amount).containsExactly(9L);
    desk.make(BudgetChanges.delete(new Named(CHAT, "monthly"), Condition.NONE));
    assertThat(desk.book().budgets()).extracting(BudgetRule::amount).containsExactly(500L);
  }

  @Test
  void aQuotaWithoutAWaitFollowsThePools() {
    desk.make(QuotaChanges.put(BATCH, "main", terms(0), Condition.NONE));
    assertThat(Objects.requireNonNull(desk.book().pool("main")).quotaOf(BATCH).maxWait())
        .isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void whatCannotBeKeptIsRefusedInTheWordsOfTheFile() {
    assertThat(desk.refusal(QuotaChanges.put(BATCH, "main", terms(5_000), Condition.NONE)))
        .isEqualTo(
            new Outcome.Refused<>(
                Reason.IMPOSSIBLE_QUOTA,
                "teams.batch.quotas.main.guaranteed makes the guarantees on pool main 7k in all,"
                    + " above pools.main.tokens-per-minute of 6k. Lower one of them: what is"
                    + " guaranteed must be there.",
                null));
    QuotaTerms low = new QuotaTerms(2_000, 1_500, 1, terms(0).lane(), null, 0, terms(0).mode());
    assertThat(desk.refusal(QuotaChanges.put(BATCH, "main", low, Condition.NONE)).detail())
        .isEqualTo(
            "teams.batch.quotas.main.ceiling is 1500, below teams.batch.quotas.main.guaranteed of"
                + " 2k. Raise ceiling, or lower guaranteed.");
    QuotaTerms saving = new QuotaTerms(1_000, 0, 1, terms(0).lane(), null, 5_000, terms(0).mode());
    assertThat(desk.refusal(QuotaChanges.put(BATCH, "main", saving, Condition.NONE)).detail())
        .isEqualTo(
            "teams.batch.quotas.main.burst makes the bursts of the quotas on pool main 7k in all,"
                + " above the pool's own of 6k (60s of pools.main.tokens-per-minute). Lower one of"
                + " them, or raise pools.main.burst.");
    QuotaTerms nothing = new QuotaTerms(0, 0, 1, terms(0).lane(), null, 10, terms(0).mode());
    assertThat(desk.refusal(QuotaChanges.put(BATCH, "main", nothing, Condition.NONE)).detail())
        .contains("nothing is guaranteed");
    assertThat(desk.no(QuotaChanges.put(BATCH, "none", terms(1), Condition.NONE)))
        .isEqualTo(Reason.NO_SUCH_POOL);
    assertThat(desk.no(QuotaChanges.put(NEW, "main", terms(1), Condition.NONE)))
        .isEqualTo(Reason.NO_SUCH_TEAM);
    assertThat(desk.audit()).isEmpty();
  }

  @Test
  void theFilesValueDoesNotComeBackWhereItNoLongerFits() {
    desk.make(QuotaChanges.put(CHAT, "main", terms(100), Condition.NONE));
    desk.make(QuotaChanges.put(BATCH, "main", terms(5_000), Condition.NONE));
    assertThat(desk.no(QuotaChanges.delete(CHAT, "main", Condition.NONE)))
        .isEqualTo(Reason.IMPOSSIBLE_QUOTA);
    desk.make(QuotaChanges.delete(BATCH, "main", Condition.NONE));
    desk.make(QuotaChanges.delete(CHAT, "main", Condition.NONE));
    assertThat(guaranteed(CHAT)).isEqualTo(2_000);
  }

  @Test
  void aQuotaThatAChangedFileLeavesNoRoomForIsHeldBackAndSaysSo() {
    desk.make(QuotaChanges.put(BATCH, "main", terms(3_000), Condition.NONE));
    desk.make(QuotaChanges.put(CHAT, "main", terms(500), Condition.NONE));
    desk.accounts.file(Desk.file(3_000));

    assertThat(guaranteed(CHAT)).isEqualTo(500);
    assertThat(guaranteed(BATCH)).isZero();
    QuotaView held = Objects.requireNonNull(desk.book().quota(BATCH, "main"));
    assertThat(held.obstacle()).contains("guarantees add up to 3500");
    assertThat(held.terms().guaranteed()).isEqualTo(3_000);
    assertThat(desk.told).singleElement().asString().startsWith("held back: batch on main");

    // A change of something else does not bring it back unasked; the same value again does.
    desk.make(QuotaChanges.put(CHAT, "main", terms(0), Condition.NONE));
    assertThat(guaranteed(BATCH)).isZero();
    desk.make(QuotaChanges.put(BATCH, "main", terms(3_000), Condition.NONE));
    assertThat(guaranteed(BATCH)).isEqualTo(3_000);
  }

  @Test
  void whatTakesLessThanTheFileMakesRoomFirst() {
    desk.make(QuotaChanges.put(CHAT, "main", terms(0), Condition.NONE));
    desk.make(QuotaChanges.put(BATCH, "main", terms(4_000), Condition.NONE));
    desk.accounts.file(Desk.file(4_500));
    assertThat(guaranteed(BATCH)).isEqualTo(4_000);
    assertThat(desk.told).isEmpty();
  }

  @Test
  void aQuotaOnAPoolThatIsGoneWaitsForIt() {
    desk.make(QuotaChanges.put(CHAT, "main", terms(500), Condition.NONE));
    FileAccounts file = Desk.file(6_000);
    desk.accounts.file(new FileAccounts(file.teams(), List.of(), file.budgets()));
    assertThat(Objects.requireNonNull(desk.book().quota(CHAT, "main")).obstacle())
        .contains("names no pool");
    desk.accounts.file(file);
    assertThat(guaranteed(CHAT)).isEqualTo(500);
  }

  @Test
  void aBudgetOfAKeyIsOfAKeyOfTheTeam() {
    Issued issued = desk.issue(BATCH);
    BudgetRule rule =
        new BudgetRule(
            "ci",
            CHAT,
            issued.view().id(),
            BudgetRule.Unit.NANO_USD,
            5,
            BudgetRule.Period.MONTH,
            80,
            terms(0).mode());
    assertThat(desk.no(BudgetChanges.put(rule, Condition.NONE)))
        .isEqualTo(Reason.NOT_THE_TEAMS_KEY);
  }

  // ---- conditions

  @Test
  void whoHasNotSeenTheLastChangeChangesNothing() {
    TeamView first = desk.make(TeamChanges.put(NEW, true, Condition.NEW));
    assertThat(desk.no(TeamChanges.put(NEW, false, Condition.NEW)))
        .isEqualTo(Reason.ALREADY_EXISTS);
    TeamView second =
        desk.make(TeamChanges.put(NEW, false, Condition.has(Set.of(first.version()))));
    assertThat(second.version()).isNotEqualTo(first.version());
    assertThat(desk.no(TeamChanges.put(NEW, true, Condition.has(Set.of(first.version())))))
        .isEqualTo(Reason.CHANGED_MEANWHILE);
    assertThat(desk.no(TeamChanges.delete(NEW, Condition.has(Set.of(first.version())))))
        .isEqualTo(Reason.CHANGED_MEANWHILE);
    assertThat(desk.no(TeamChanges.put(new TeamId("x"), true, Condition.THERE)))
        .isEqualTo(Reason.CHANGED_MEANWHILE);
    desk.make(TeamChanges.delete(NEW, Condition.has(Set.of("zz", second.version()))));
  }

  @Test
  void ofAllWhoHaveSeenTheSameOneWins() throws Exception {
    desk.make(QuotaChanges.put(BATCH, "main", terms(0), Condition.NONE));
    int rounds = 20;
    int threads = 8;
    long made = 0;
    try (ExecutorService all = Executors.newFixedThreadPool(threads)) {
      for (int round = 0; round < rounds; round++) {
        String seen = Objects.requireNonNull(desk.book().quota(BATCH, "main")).version();
        List<Callable<Boolean>> asked = new ArrayList<>();
        for (int thread = 0; thread < threads; thread++) {
          long value = 1 + (long) round * threads + thread;
          asked.add(
              () ->
                  desk.ask(
                          QuotaChanges.put(
                              BATCH, "main", terms(value), Condition.has(Set.of(seen))))
                      instanceof Done);
        }
        for (Future<Boolean> each : all.invokeAll(asked)) {
          made += each.get() ? 1 : 0;
        }
      }
    }
    assertThat(made).isEqualTo(rounds);
    assertThat(desk.audit()).hasSize(rounds + 1);
  }

  @Test
  void theSameAgainIsNoChange() {
    desk.make(TeamChanges.put(NEW, true, Condition.NONE));
    TeamView team = desk.make(TeamChanges.put(NEW, true, Condition.NONE));
    QuotaView quota = desk.make(QuotaChanges.put(NEW, "main", terms(1), Condition.NONE));
    assertThat(desk.make(QuotaChanges.put(NEW, "main", terms(1), Condition.NONE))).isEqualTo(quota);
    assertThat(desk.make(TeamChanges.put(NEW, true, Condition.NONE))).isEqualTo(team);
    BudgetRule rule = Desk.budget(NEW, "b", 1);
    assertThat(desk.make(BudgetChanges.put(rule, Condition.NONE)))
        .isEqualTo(desk.make(BudgetChanges.put(rule, Condition.NONE)));
    assertThat(desk.audit()).hasSize(3);
  }

  // ---- the log of changes

  @Test
  void everyChangeIsRememberedWithWhoWhenBeforeAndAfter() {
    desk.make(TeamChanges.put(NEW, true, Condition.NONE));
    desk.now = desk.now.plusSeconds(1);
    desk.make(TeamChanges.put(NEW, false, Condition.NONE));
    desk.make(QuotaChanges.put(CHAT, "main", terms(3_000), Condition.NONE));
    Issued issued = desk.make(desk.keys.issue(NEW, "a \"name\"\\\n", null, null, null));
    desk.make(TeamChanges.delete(NEW, Condition.NONE));
    reopen();

    List<AuditEntry> entries = desk.audit().reversed();
    assertThat(entries)
        .extracting(AuditEntry::action)
        .containsExactly("team_put", "team_put", "quota_put", "key_issue", "team_delete");
    assertThat(entries).extracting(AuditEntry::sequence).containsExactly(1L, 2L, 3L, 4L, 5L);
    AuditEntry second = entries.get(1);
    assertThat(second.author()).isEqualTo(Desk.ANN);
    assertThat(second.at()).isEqualTo(desk.now);
    assertThat(second.resource()).isEqualTo("teams/new");
    assertThat(second.before()).isEqualTo("{\"hold_answers\":true}");
    assertThat(second.after()).isEqualTo("{\"hold_answers\":false}");
    assertThat(entries.get(0).before()).isNull();
    assertThat(entries.get(2).before()).contains("\"source\":\"file\",\"guaranteed\":2000");
    assertThat(entries.get(2).after()).contains("\"source\":\"store\",\"guaranteed\":3000");
    assertThat(entries.get(3).resource()).isEqualTo("teams/new/keys/" + issued.view().id());
    assertThat(entries.get(3).after())
        .isEqualTo(
            "{\"name\":\"a \\\"name\\\"\\\\\\u000a\",\"expires_at\":null,\"revoked_at\":null}");
    assertThat(entries.get(4).before()).contains("\"keys_revoked\":1");
    assertThat(entries.get(4).after()).isNull();
  }

  @Test
  void theLogIsReadByResourceAuthorTimeAndInPages() {
    desk.make(TeamChanges.put(new TeamId("a"), true, Condition.NONE));
    desk.make(TeamChanges.put(new TeamId("a-b"), true, Condition.NONE));
    desk.issue(new TeamId("a"));
    desk.now = desk.now.plusSeconds(1);
    desk.accounts.make(
        new Author("bob", "operator"), TeamChanges.put(new TeamId("a"), false, Condition.NONE));

    assertThat(sequences(new AuditQuery("teams/a", null, null, Long.MAX_VALUE, 9)))
        .containsExactly(4L, 3L, 1L);
    assertThat(sequences(new AuditQuery(null, "bob", null, Long.MAX_VALUE, 9))).containsExactly(4L);
    assertThat(sequences(new AuditQuery(null, null, desk.now, Long.MAX_VALUE, 9)))
        .containsExactly(4L);
    assertThat(sequences(new AuditQuery(null, null, null, 4, 2))).containsExactly(3L, 2L);
    assertThat(sequences(new AuditQuery(null, null, null, 2, 2))).containsExactly(1L);
  }

  private List<Long> sequences(AuditQuery query) {
    return desk.audit(query).stream().map(AuditEntry::sequence).toList();
  }

  // ---- who is told

  @Test
  void whoGoesByItHearsBeforeWhoeverChangedIt() {
    List<TeamDirectory> directories = new ArrayList<>();
    List<List<PoolSettings>> pools = new ArrayList<>();
    List<List<BudgetRule>> budgets = new ArrayList<>();
    desk.accounts.onTeams(directories::add);
    desk.accounts.onPools(pools::add);
    desk.accounts.onBudgets(budgets::add);
    assertThat(pools).hasSize(1);
    assertThat(budgets).hasSize(1);

    desk.make(QuotaChanges.put(BATCH, "main", terms(7), Condition.NONE));
    assertThat(pools).hasSize(2);
    Map<TeamId, Quota> quotas = pools.getLast().getFirst().quotas();
    assertThat(Objects.requireNonNull(quotas.get(BATCH)).guaranteed()).isEqualTo(7);
    assertThat(budgets).hasSize(1);
    desk.make(BudgetChanges.put(Desk.budget(BATCH, "x", 7), Condition.NONE));
    assertThat(pools).hasSize(2);
    assertThat(budgets).hasSize(2);
    assertThat(directories.getLast()).isSameAs(desk.book().directory());
  }

  // ---- without a store

  /**
   * A store that fails when it is told to; what it was asked to write may be there all the same.
   */
  private static final class Failing implements AccountStore {
    private final AccountStore inner;
    private @Nullable String fails;
    private boolean afterwards;

    Failing(AccountStore inner) {
      this.inner = inner;
    }

    @Override
    public AccountState load() throws StoreTrouble {
      return inner.load();
    }

    @Override
    public void write(AuditEntry entry, List<Edit> edits) throws StoreTrouble {
      if (fails == null || afterwards) {
        inner.write(entry, edits);
      }
      if (fails != null) {
        throw new StoreTrouble(fails);
      }
    }

    @Override
    public List<AuditEntry> audit(AuditQuery query) throws StoreTrouble {
      return inner.audit(query);
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  @Test
  void aWriteThatFailsChangesNothingAndTheStoreIsReadAnew() {
    desk.close();
    List<Failing> stores = new ArrayList<>();
    desk =
        new Desk(
            () -> {
              Failing store = new Failing(SqliteAccounts.open(directory));
              stores.add(store);
              return store;
            },
            Desk.file(6_000));
    Issued kept = desk.issue(CHAT);
    stores.getLast().fails = "The disk is full.";

    assertThat(desk.refusal(TeamChanges.put(NEW, true, Condition.NONE)).detail())
        .startsWith("The disk is full.");
    assertThat(desk.book().team(NEW)).isNull();
    assertThat(desk.owner(kept.key())).isNotNull();
    assertThat(desk.no(TeamChanges.put(NEW, true, Condition.NONE)))
        .isEqualTo(Reason.STORE_UNAVAILABLE);
    assertThat(desk.told).containsExactly("lost: The disk is full.");
    desk.accounts.tryOpen();
    assertThat(desk.told).containsExactly("lost: The disk is full.", "found");
    desk.make(TeamChanges.put(NEW, true, Condition.NONE));

    // Whether a commit whose answer was lost is on the disk, only the disk knows.
    stores.getLast().fails = "The disk is slow.";
    stores.getLast().afterwards = true;
    assertThat(desk.no(TeamChanges.delete(NEW, Condition.NONE)))
        .isEqualTo(Reason.STORE_UNAVAILABLE);
    assertThat(desk.book().team(NEW)).isNotNull();
    desk.accounts.tryOpen();
    assertThat(desk.book().team(NEW)).isNull();
  }

  @Test
  void withoutItsStoreTheFileAloneHolds() {
    desk.close();
    desk =
        new Desk(
            () -> {
              throw new StoreTrouble("It is not there.");
            },
            Desk.file(6_000));

    assertThat(desk.told).containsExactly("lost: It is not there.");
    desk.accounts.tryOpen();
    assertThat(desk.told).hasSize(1);
    assertThat(guaranteed(CHAT)).isEqualTo(2_000);
    assertThat(desk.accounts.trouble()).isEqualTo("It is not there.");
    assertThat(desk.no(TeamChanges.put(NEW, true, Condition.NONE)))
        .isEqualTo(Reason.STORE_UNAVAILABLE);
    desk.accounts.file(Desk.file(9_000));
    assertThat(Objects.requireNonNull(desk.book().pool("main")).mainMeter().perMinute())
        .isEqualTo(9_000);
  }

  @Test
  void theNumberOfBudgetsIsBounded() {
    for (int i = 0; i < BudgetChanges.PER_TEAM_MAX; i++) {
      desk.make(BudgetChanges.put(Desk.budget(BATCH, "b" + i, 1), Condition.NONE));
    }
    assertThat(desk.no(BudgetChanges.put(Desk.budget(BATCH, "one-more", 1), Condition.NONE)))
        .isEqualTo(Reason.TOO_MANY);
    desk.make(BudgetChanges.put(Desk.budget(BATCH, "b0", 2), Condition.NONE));
  }
}

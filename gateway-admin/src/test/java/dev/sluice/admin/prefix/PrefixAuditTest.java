package dev.sluice.admin.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.account.Accounts;
import dev.sluice.billing.account.AuditEntry;
import dev.sluice.billing.account.AuditQuery;
import dev.sluice.billing.account.Author;
import dev.sluice.billing.account.Condition;
import dev.sluice.billing.account.FileAccounts;
import dev.sluice.billing.account.Named;
import dev.sluice.billing.account.Outcome;
import dev.sluice.billing.account.Outcome.Done;
import dev.sluice.billing.account.Outcome.Refused;
import dev.sluice.billing.account.Reason;
import dev.sluice.billing.team.TeamId;
import dev.sluice.core.warm.RegisteredPrefix;
import dev.sluice.core.warm.WarmOrder;
import dev.sluice.core.warm.WarmSchedule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over a real store of accounts and a real store of prefixes. */
class PrefixAuditTest {

  private static final String SECRET = "{\"model\": \"m\", \"system\": \"a secret\"}";
  private static final Author ANN = new Author("ann", "operator");
  private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");

  @TempDir private Path storage;

  private Accounts accounts;
  private PrefixStore store;
  private PrefixWitness witness;

  private static final class Silent implements Accounts.Watcher {
    @Override
    public void storeLost(String why) {}

    @Override
    public void storeFound() {}

    @Override
    public void heldBack(Named of, String why) {}
  }

  @BeforeEach
  void open() {
    FileAccounts file = new FileAccounts(List.of(), List.of(), List.of());
    accounts = Accounts.open(storage, file, () -> NOW, new Silent());
    store = new PrefixStore(prefixes(), text -> {});
    witness = new PrefixAudit(accounts).by(ANN);
  }

  @AfterEach
  void close() {
    accounts.close();
  }

  private Path prefixes() {
    return storage.resolve("prefixes");
  }

  private List<AuditEntry> rows() {
    AuditQuery all = new AuditQuery("prefixes", null, null, Long.MAX_VALUE, 100);
    Outcome<List<AuditEntry>> rows = accounts.audit(all);
    assertThat(rows).isInstanceOf(Done.class);
    return ((Done<List<AuditEntry>>) rows).value();
  }

  private static RegisteredPrefix plain() {
    return new RegisteredPrefix(
        "one", "main", new TeamId("chat"), SECRET, null, new WarmOrder(false, List.of(), null));
  }

  private static RegisteredPrefix full() {
    WarmSchedule schedule =
        new WarmSchedule(
            LocalTime.of(9, 0),
            ZoneId.of("Europe/Berlin"),
            EnumSet.of(DayOfWeek.MONDAY),
            Duration.ofSeconds(90),
            LocalTime.of(18, 30));
    return new RegisteredPrefix(
        "one",
        "other",
        new TeamId("batch"),
        SECRET + " ",
        RegisteredPrefix.Gate.ON,
        new WarmOrder(true, List.of(schedule), 2_500_000_000L));
  }

  @Test
  void eachChangeIsARowWithoutItsRequest() {
    String first = version(store.put(plain(), Condition.NONE, witness));
    version(store.put(plain(), Condition.NONE, witness)); // no change
    String second = version(store.put(full(), Condition.NONE, witness));
    assertThat(store.put(plain(), Condition.NEW, witness)).isInstanceOf(Refused.class);
    assertThat(store.delete("one", Condition.NONE, witness)).isInstanceOf(Done.class);
    String plain =
        "{\"route\":\"main\",\"team\":\"chat\",\"gate\":null,\"keep_warm\":false,\"schedules\":[],"
            + "\"budget_per_day_nano_usd\":null,\"request_bytes\":36,\"version\":\""
            + first
            + "\"}";
    String full =
        "{\"route\":\"other\",\"team\":\"batch\",\"gate\":\"on\",\"keep_warm\":true,\"schedules\":"
            + "[{\"before\":\"09:00\",\"until\":\"18:30\",\"time_zone\":\"Europe/Berlin\","
            + "\"days\":[\"monday\"],\"jitter_seconds\":90}],"
            + "\"budget_per_day_nano_usd\":2500000000,\"request_bytes\":37,\"version\":\""
            + second
            + "\"}";
    assertThat(rows())
        .containsExactly(
            new AuditEntry(3, NOW, ANN, "prefix_delete", "prefixes/one", full, null),
            new AuditEntry(2, NOW, ANN, "prefix_put", "prefixes/one", plain, full),
            new AuditEntry(1, NOW, ANN, "prefix_put", "prefixes/one", null, plain));
  }

  private static String version(Outcome<PrefixStore.Stored> outcome) {
    assertThat(outcome).isInstanceOf(Done.class);
    return ((Done<PrefixStore.Stored>) outcome).value().version();
  }

  @Test
  void whatCouldNotBeMadeIsARowOfItsOwn() throws Exception {
    Files.createDirectories(prefixes().resolve("one.json.unreadable").resolve("in the way"));
    Files.createDirectories(prefixes().resolve("one.json"));
    assertThat(store.put(plain(), Condition.NONE, witness)).isInstanceOf(Refused.class);
    assertThat(rows()).extracting(AuditEntry::action).containsExactly("prefix_undo", "prefix_put");
    assertThat(rows().getFirst().before()).isEqualTo(rows().getLast().after()).isNotNull();
    assertThat(rows().getFirst().after()).isNull();
    assertThat(store.all()).isEmpty();
  }

  @Test
  void withoutTheStoreOfAccountsNothingChanges() {
    version(store.put(plain(), Condition.NONE, witness));
    accounts.close();
    for (Outcome<?> outcome :
        List.of(
            store.put(full(), Condition.NONE, witness),
            store.delete("one", Condition.NONE, witness))) {
      assertThat(outcome)
          .isInstanceOfSatisfying(
              Refused.class, no -> assertThat(no.reason()).isEqualTo(Reason.STORE_UNAVAILABLE));
    }
    assertThat(store.prefixes()).containsExactly(plain());
    assertThat(new PrefixStore(prefixes(), text -> {}).prefixes()).containsExactly(plain());
  }
}

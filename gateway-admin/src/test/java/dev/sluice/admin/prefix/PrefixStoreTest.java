package dev.sluice.admin.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.prefix.PrefixStore.Stored;
import dev.sluice.billing.account.Condition;
import dev.sluice.billing.account.Outcome;
import dev.sluice.billing.account.Outcome.Done;
import dev.sluice.billing.account.Outcome.Refused;
import dev.sluice.billing.account.Reason;
import dev.sluice.billing.team.TeamId;
import dev.sluice.core.warm.RegisteredPrefix;
import dev.sluice.core.warm.WarmOrder;
import dev.sluice.core.warm.WarmSchedule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real directory. */
class PrefixStoreTest {

  private static final String SECRET = "{\"model\": \"m\", \"system\": \"a secret \u00e9\"}";

  @TempDir private Path storage;

  private final List<String> troubles = new ArrayList<>();

  private Path directory() {
    return storage.resolve("prefixes");
  }

  private PrefixStore open() {
    return new PrefixStore(directory(), troubles::add);
  }

  private static RegisteredPrefix prefix(String name, String request) {
    WarmSchedule schedule =
        new WarmSchedule(
            LocalTime.of(9, 0),
            ZoneId.of("Europe/Berlin"),
            EnumSet.of(DayOfWeek.MONDAY, DayOfWeek.FRIDAY),
            Duration.ofSeconds(90),
            LocalTime.of(18, 30));
    return new RegisteredPrefix(
        name,
        "main",
        new TeamId("testers"),
        request,
        RegisteredPrefix.Gate.OBSERVE,
        new WarmOrder(true, List.of(schedule), 2_500_000_000L));
  }

  private static Stored done(Outcome<Stored> outcome) {
    assertThat(outcome).isInstanceOf(Done.class);
    return ((Done<Stored>) outcome).value();
  }

  private static Reason refused(Outcome<?> outcome) {
    assertThat(outcome).isInstanceOf(Refused.class);
    return ((Refused<?>) outcome).reason();
  }

  @Test
  void whatWasRegisteredIsThereAfterARestart() throws IOException {
    PrefixStore store = open();
    Stored one = done(store.put(prefix("one", SECRET), Condition.NONE));
    done(store.put(prefix("two", "{}"), Condition.NEW));
    assertThat(store.delete("two", Condition.NONE)).isInstanceOf(Done.class);
    PrefixStore again = open();
    assertThat(again.all()).containsExactly(one);
    assertThat(again.get("one")).isEqualTo(one);
    assertThat(again.prefixes()).containsExactly(prefix("one", SECRET));
    assertThat(troubles).isEmpty();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file("one"))))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory())))
        .isEqualTo("rwx------");
  }

  private Path file(String name) {
    return directory().resolve(name + ".json");
  }

  @Test
  void nobodyOverwritesWhatTheyHaveNotSeen() {
    PrefixStore store = open();
    Stored first = done(store.put(prefix("one", "{}"), Condition.NEW));
    assertThat(refused(store.put(prefix("one", SECRET), Condition.NEW)))
        .isEqualTo(Reason.ALREADY_EXISTS);
    Stored second = done(store.put(prefix("one", SECRET), Condition.has(Set.of(first.version()))));
    assertThat(second.version()).isNotEqualTo(first.version());
    assertThat(refused(store.put(prefix("one", "{}"), Condition.has(Set.of(first.version())))))
        .isEqualTo(Reason.CHANGED_MEANWHILE);
    assertThat(refused(store.delete("one", Condition.has(Set.of(first.version())))))
        .isEqualTo(Reason.CHANGED_MEANWHILE);
    assertThat(refused(store.delete("two", Condition.NONE))).isEqualTo(Reason.NO_SUCH_PREFIX);
    assertThat(store.all()).containsExactly(second);
  }

  @Test
  void tornAndForeignFilesAreToldLeftOutAndKept() throws IOException {
    PrefixStore store = open();
    done(store.put(prefix("good", SECRET), Condition.NONE));
    String whole = Files.readString(file("good"));
    Files.writeString(file("torn"), whole.substring(0, whole.length() / 2));
    Files.writeString(file("foreign"), "{\"a secret\": 1}");
    Files.writeString(file("other"), whole);
    Files.writeString(file("form"), whole.replace("\"form\":1", "\"form\":2"));
    Files.writeString(file("day"), whole.replace("monday", "moonday"));
    Files.writeString(directory().resolve("note.txt"), "hello");
    Files.createDirectory(file("directory"));
    Files.writeString(directory().resolve(".good.json"), "cut off");
    PrefixStore again = open();
    assertThat(again.prefixes()).containsExactly(prefix("good", SECRET));
    assertThat(troubles).hasSize(6);
    assertThat(troubles).allMatch(text -> text.contains("left out") && text.contains("take"));
    assertThat(String.join(" ", troubles)).doesNotContain("secret").contains("other.json");
    assertThat(Files.readString(file("foreign"))).contains("secret");
    done(again.put(prefix("foreign", "{}"), Condition.NEW));
    assertThat(Files.readString(directory().resolve("foreign.json.unreadable"))).contains("secret");
  }

  @Test
  void aDirectoryThatCannotBeUsedIsToldAndRefusesChanges() throws IOException {
    Files.writeString(directory(), "a file where the directory should be");
    PrefixStore store = open();
    assertThat(troubles).hasSize(1);
    assertThat(store.all()).isEmpty();
    assertThat(refused(store.put(prefix("one", "{}"), Condition.NONE)))
        .isEqualTo(Reason.STORE_UNAVAILABLE);
  }

  @Test
  void thereAreNoMoreThanCanBeHeld() {
    PrefixStore store = open();
    String big = "{\"x\": \"" + "x".repeat(RegisteredPrefix.REQUEST_MAX_BYTES - 20) + "\"}";
    int kept = 0;
    Outcome<Stored> outcome = store.put(prefix("big-0", big), Condition.NONE);
    while (outcome instanceof Done && kept < 100) {
      kept++;
      outcome = store.put(prefix("big-" + kept, big), Condition.NONE);
    }
    assertThat(kept).isEqualTo(64);
    assertThat(refused(outcome)).isEqualTo(Reason.TOO_MANY);
    assertThat(store.prefixes()).hasSize(64);
  }

  @Test
  void aPrefixDoesNotSayWhatIsInIt() {
    assertThat(prefix("one", SECRET).toString()).doesNotContain("secret");
    assertThat(new Stored(prefix("one", SECRET), "v").toString()).doesNotContain("secret");
    assertThat(PrefixFile.bytes(prefix("one", SECRET)))
        .asString(StandardCharsets.UTF_8)
        .contains("a secret \u00e9");
  }
}

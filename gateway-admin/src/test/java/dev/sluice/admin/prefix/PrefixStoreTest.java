package dev.sluice.admin.prefix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.admin.prefix.PrefixStore.Stored;
import dev.sluice.admin.prefix.PrefixWitness.Changing;
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
import java.io.UncheckedIOException;
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
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real directory. */
class PrefixStoreTest {

  private static final String SECRET = "{\"model\": \"m\", \"system\": \"a secret \u00e9\"}";

  @TempDir private Path storage;

  private final List<String> troubles = new ArrayList<>();
  private final List<Changing> seen = new ArrayList<>();
  private final PrefixWitness witness =
      change -> {
        seen.add(change);
        return null;
      };

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
    Stored one = done(store.put(prefix("one", SECRET), Condition.NONE, witness));
    done(store.put(prefix("two", "{}"), Condition.NEW, witness));
    assertThat(store.delete("two", Condition.NONE, witness)).isInstanceOf(Done.class);
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
    Stored first = done(store.put(prefix("one", "{}"), Condition.NEW, witness));
    assertThat(refused(store.put(prefix("one", SECRET), Condition.NEW, witness)))
        .isEqualTo(Reason.ALREADY_EXISTS);
    Stored second =
        done(store.put(prefix("one", SECRET), Condition.has(Set.of(first.version())), witness));
    assertThat(second.version()).isNotEqualTo(first.version());
    assertThat(
            refused(
                store.put(prefix("one", "{}"), Condition.has(Set.of(first.version())), witness)))
        .isEqualTo(Reason.CHANGED_MEANWHILE);
    assertThat(refused(store.delete("one", Condition.has(Set.of(first.version())), witness)))
        .isEqualTo(Reason.CHANGED_MEANWHILE);
    assertThat(refused(store.delete("two", Condition.NONE, witness)))
        .isEqualTo(Reason.NO_SUCH_PREFIX);
    assertThat(store.all()).containsExactly(second);
  }

  @Test
  void tornAndForeignFilesAreToldLeftOutAndKept() throws IOException {
    PrefixStore store = open();
    done(store.put(prefix("good", SECRET), Condition.NONE, witness));
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
    assertThat(troubles)
        .hasSize(7)
        .filteredOn(text -> text.contains("left out") && text.contains("take"))
        .hasSize(6);
    assertThat(String.join(" ", troubles)).doesNotContain("secret").contains("other.json");
    assertThat(Files.readString(file("foreign"))).contains("secret");
    done(again.put(prefix("foreign", "{}"), Condition.NEW, witness));
    assertThat(Files.readString(directory().resolve("foreign.json.unreadable"))).contains("secret");
  }

  @Test
  void aDirectoryThatCannotBeUsedIsToldAndRefusesChanges() throws IOException {
    Files.writeString(directory(), "a file where the directory should be");
    PrefixStore store = open();
    assertThat(troubles).hasSize(1);
    assertThat(store.all()).isEmpty();
    assertThat(refused(store.put(prefix("one", "{}"), Condition.NONE, witness)))
        .isEqualTo(Reason.STORE_UNAVAILABLE);
  }

  @Test
  void thereAreNoMoreThanCanBeHeld() {
    PrefixStore store = open();
    String big = "{\"x\": \"" + "x".repeat(RegisteredPrefix.REQUEST_MAX_BYTES - 20) + "\"}";
    int kept = 0;
    Outcome<Stored> outcome = store.put(prefix("big-0", big), Condition.NONE, witness);
    while (outcome instanceof Done && kept < 100) {
      kept++;
      outcome = store.put(prefix("big-" + kept, big), Condition.NONE, witness);
    }
    assertThat(kept).isEqualTo(64);
    assertThat(refused(outcome)).isEqualTo(Reason.TOO_MANY);
    assertThat(store.prefixes()).hasSize(64);
  }

  @Test
  void aChangeIsRememberedOnceAndBeforeItIsMade() throws IOException {
    PrefixStore store = open();
    List<String> files = new ArrayList<>();
    PrefixWitness looking =
        change -> {
          seen.add(change);
          files.add(Files.exists(file("one")) ? text(file("one")) : "");
          assertThat(store.get("one")).isEqualTo(change.before());
          return null;
        };
    Stored first = done(store.put(prefix("one", "{}"), Condition.NONE, looking));
    done(store.put(prefix("one", "{}"), Condition.NONE, looking)); // the same
    String text = text(file("one"));
    Stored second = done(store.put(prefix("one", SECRET), Condition.NONE, looking));
    assertThat(refused(store.put(prefix("one", "{}"), Condition.NEW, looking)))
        .isEqualTo(Reason.ALREADY_EXISTS);
    String other = text(file("one"));
    assertThat(store.delete("one", Condition.NONE, looking)).isInstanceOf(Done.class);
    assertThat(refused(store.delete("one", Condition.NONE, looking)))
        .isEqualTo(Reason.NO_SUCH_PREFIX);
    assertThat(seen)
        .containsExactly(
            new Changing("one", null, first, false),
            new Changing("one", first, second, false),
            new Changing("one", second, null, false));
    assertThat(files).containsExactly("", text, other);
    assertThat(names()).isEmpty();
    assertThat(troubles).isEmpty();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory())) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void whatIsNotRememberedIsNotMade() throws IOException {
    PrefixStore store = open();
    Stored one = done(store.put(prefix("one", "{}"), Condition.NONE, witness));
    String text = text(file("one"));
    PrefixWitness deaf = change -> new Refused<>(Reason.STORE_UNAVAILABLE, "Not now.", null);
    for (Outcome<?> outcome :
        List.of(
            store.put(prefix("one", SECRET), Condition.NONE, deaf),
            store.put(prefix("two", SECRET), Condition.NONE, deaf),
            store.delete("one", Condition.NONE, deaf))) {
      assertThat(outcome).isEqualTo(new Refused<>(Reason.STORE_UNAVAILABLE, "Not now.", null));
    }
    assertThat(store.all()).containsExactly(one);
    assertThat(names()).containsExactly("one.json");
    assertThat(text(file("one"))).isEqualTo(text);
    assertThat(troubles).hasSize(3).allMatch(told -> told.contains("was not changed"));
    assertThat(open().all()).containsExactly(one);
  }

  /** Something comes in between that no look beforehand could have seen. */
  private void putInTheWay() {
    try {
      if (Files.isRegularFile(file("one"))) {
        Files.delete(file("one"));
      }
      Files.createDirectories(file("one").resolve("in the way"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void whatIsRememberedAndCannotBeMadeIsRememberedAsUndone() throws IOException {
    PrefixStore store = open();
    Stored one = done(store.put(prefix("one", "{}"), Condition.NONE, witness));
    seen.clear();
    PrefixWitness blocking =
        change -> {
          putInTheWay();
          return witness.sees(change);
        };
    assertThat(refused(store.put(prefix("one", SECRET), Condition.NONE, blocking)))
        .isEqualTo(Reason.STORE_UNAVAILABLE);
    assertThat(refused(store.delete("one", Condition.NONE, blocking)))
        .isEqualTo(Reason.STORE_UNAVAILABLE);
    Stored other = Objects.requireNonNull(seen.getFirst().after());
    assertThat(seen)
        .containsExactly(
            new Changing("one", one, other, false),
            new Changing("one", other, one, true),
            new Changing("one", one, null, false),
            new Changing("one", null, one, true));
    assertThat(store.all()).containsExactly(one);
    assertThat(names()).containsExactly("one.json");
    assertThat(troubles).isEmpty();

    PrefixWitness thenDeaf =
        change ->
            change.isUndo() ? new Refused<>(Reason.STORE_UNAVAILABLE, "Not now.", null) : null;
    assertThat(refused(store.delete("one", Condition.NONE, thenDeaf)))
        .isEqualTo(Reason.STORE_UNAVAILABLE);
    assertThat(troubles)
        .singleElement()
        .asString()
        .contains("\"one\"", "GET /admin/v1/audit", "is not made", "Not now.");
  }

  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** Goal: the next start says so. Method: the end comes while the change is remembered. */
  @Test
  void whatAnEndInTheMiddleCutsOffIsToldAndLeavesNothing() throws IOException {
    PrefixStore store = open();
    Stored one = done(store.put(prefix("one", "{}"), Condition.NONE, witness));
    PrefixWitness end =
        change -> {
          throw new Killed();
        };
    assertThatThrownBy(() -> store.put(prefix("one", SECRET), Condition.NONE, end))
        .isInstanceOf(Killed.class);
    assertThat(names()).containsExactly(".one.json", "one.json");
    assertToldOf("one", one);

    assertThatThrownBy(() -> open().delete("one", Condition.NONE, end)).isInstanceOf(Killed.class);
    assertThat(names()).containsExactly(".one.json", "one.json");
    assertToldOf("one", one);

    // A deletion that was made, and cut off only then.
    Files.delete(file("one"));
    Files.writeString(directory().resolve(".one.json"), "");
    assertThat(open().all()).isEmpty();
    assertThat(names()).isEmpty();
    assertThat(troubles).isEmpty();
  }

  private void assertToldOf(String name, Stored left) throws IOException {
    assertThat(open().all()).containsExactly(left);
    assertThat(troubles)
        .singleElement()
        .asString()
        .contains("\"" + name + "\"", "is not made", "GET /admin/v1/audit");
    troubles.clear();
    assertThat(names()).containsExactly(name + ".json");
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

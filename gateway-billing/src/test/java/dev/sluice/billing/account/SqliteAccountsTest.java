package dev.sluice.billing.account;

import static dev.sluice.billing.account.Desk.NEW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.team.TeamId;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file: what is left of it after a kill, and what is not touched. */
class SqliteAccountsTest {

  @TempDir Path directory;

  private Path file() {
    return directory.resolve("accounts.db");
  }

  @Test
  void everyChangeThatWasAcknowledgedOutlivesAKill() throws Exception {
    List<String> acknowledged = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      Process child =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin/java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Forever.class.getName(),
                  directory.toString(),
                  "round" + round)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (BufferedReader lines = child.inputReader(StandardCharsets.UTF_8)) {
        int until = acknowledged.size() + 10 + 7 * round;
        while (acknowledged.size() < until) {
          acknowledged.add(lines.readLine());
        }
        child.destroyForcibly();
        assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
      }
      try (Desk desk = new Desk(directory)) {
        assertThat(desk.told).isEmpty();
        assertThat(desk.book().teams())
            .extracting(team -> team.id().name())
            .containsAll(acknowledged);
        assertThat(desk.audit())
            .extracting(AuditEntry::resource)
            .containsAll(acknowledged.stream().map(name -> "teams/" + name).toList());
      }
    }
  }

  /** Makes teams until it is killed, and says each when it is acknowledged. */
  static final class Forever {
    public static void main(String[] args) {
      try (Desk desk = new Desk(Path.of(args[0]))) {
        for (int i = 0; ; i++) {
          String name = args[1] + "-" + i;
          desk.make(TeamChanges.put(new TeamId(name), true, Condition.NEW));
          System.out.println(name);
        }
      }
    }
  }

  @Test
  void nobodyElseMayReadWhatIsMade() throws IOException {
    Path inner = directory.resolve("a/b");
    try (Desk desk = new Desk(inner)) {
      desk.make(TeamChanges.put(NEW, true, Condition.NONE));
      assertThat(permissions(inner)).isEqualTo("rwx------");
      assertThat(permissions(inner.resolve("accounts.db"))).isEqualTo("rw-------");
      assertThat(permissions(inner.resolve("accounts.db-wal"))).isEqualTo("rw-------");
    }
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void aSecondGatewayIsRefused() {
    try (Desk first = new Desk(directory);
        Desk second = new Desk(directory)) {
      assertThat(second.told).singleElement().asString().contains("in use by another program");
      first.make(TeamChanges.put(NEW, true, Condition.NONE));
      first.accounts.close();
      second.accounts.tryOpen();
      assertThat(second.told).hasSize(2).last().isEqualTo("found");
      assertThat(second.book().team(NEW)).isNotNull();
    }
  }

  @Test
  void whatIsNoStoreIsLeftAsItIs() throws IOException {
    byte[] garbage =
        "These are not the tables you are looking for."
            .repeat(100)
            .getBytes(StandardCharsets.UTF_8);
    Files.write(file(), garbage);
    try (Desk desk = new Desk(directory)) {
      assertThat(desk.told).singleElement().asString().contains("damaged").contains("backup");
      desk.accounts.tryOpen();
    }
    assertThat(Files.readAllBytes(file())).isEqualTo(garbage);
    assertThat(directory.toFile().list()).containsExactly("accounts.db");
  }

  /** Only a page of the log is damaged, which nobody reads at the start. */
  @Test
  void aDamagedStoreIsLeftAsItIs() throws IOException {
    int pageBytes = 4_096;
    try (Desk desk = new Desk(directory)) {
      for (int i = 0; i < 200; i++) {
        desk.make(TeamChanges.put(new TeamId("t" + i), true, Condition.NONE));
      }
    }
    byte[] bytes = Files.readAllBytes(file());
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    List<Integer> pages = new ArrayList<>();
    for (int page = 0; page < bytes.length; page += pageBytes) {
      if (text.substring(page, page + pageBytes).contains("team_put")) {
        pages.add(page);
      }
    }
    // The first may be the root, and the last holds the last change: both are read.
    int middle = pages.get(pages.size() / 2);
    Arrays.fill(bytes, middle, middle + 8, (byte) 0x5a);
    Files.write(file(), bytes);
    try (Desk desk = new Desk(directory)) {
      assertThat(desk.told).singleElement().asString().contains("damaged");
      assertThat(desk.no(TeamChanges.put(NEW, true, Condition.NONE)))
          .isEqualTo(Reason.STORE_UNAVAILABLE);
    }
    assertThat(Files.readAllBytes(file())).isEqualTo(bytes);
  }

  @Test
  void aStoreOfANewerVersionIsLeftAsItIs() throws Exception {
    new Desk(directory).close();
    sql("PRAGMA user_version = 99");
    byte[] bytes = Files.readAllBytes(file());
    try (Desk desk = new Desk(directory)) {
      assertThat(desk.told).singleElement().asString().contains("newer Sluice");
    }
    assertThat(Files.readAllBytes(file())).isEqualTo(bytes);
  }

  @Test
  void aRowThatMakesNoSenseIsDamage() throws Exception {
    try (Desk desk = new Desk(directory)) {
      desk.issue(Desk.CHAT);
    }
    sql("UPDATE keys SET hash = 'hmac-sha256:short'");
    try (Desk desk = new Desk(directory)) {
      assertThat(desk.told).singleElement().asString().contains("makes no sense");
    }
  }

  @Test
  void aPlaceThatCannotBeWrittenIsSaid() throws IOException {
    Files.createDirectories(file());
    try (Desk desk = new Desk(directory)) {
      assertThat(desk.told).singleElement().asString().contains("cannot be made");
    }
    Path blocked = Files.createFile(directory.resolve("blocked"));
    try (Desk desk = new Desk(blocked.resolve("inner"))) {
      assertThat(desk.told).singleElement().asString().contains("cannot be made");
    }
  }

  private void sql(String text) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
        Statement statement = connection.createStatement()) {
      statement.execute(text);
    }
  }
}

package dev.sluice.billing.team;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TeamDirectoryTest {

  private static final long NOW = 1_790_000_000_000L;

  private static TeamKey key(byte[] digest) {
    return TeamKey.inFile(new ApiKeyHash(digest));
  }

  private static String team(@Nullable KeyOwner found) {
    return found == null ? "nobody" : found.team().name();
  }

  @Test
  void aKeyOpensNothingFromTheInstantOnAtWhichItExpires() {
    byte[] digest = new byte[32];
    TeamKey ending = new TeamKey("key_a", new ApiKeyHash(digest), Instant.ofEpochMilli(NOW));
    TeamDirectory directory =
        new TeamDirectory(List.of(new Team(new TeamId("chat"), List.of(ending), true)));

    assertThat(directory.find(digest, NOW - 1))
        .isEqualTo(new KeyOwner(new TeamId("chat"), "key_a"));
    assertThat(directory.find(digest, NOW)).isNull();
    assertThat(directory.find(digest, NOW + 1)).isNull();
  }

  @Test
  void aKeyOfTheFileIsNamedByTheFirstDigitsOfItsHash() {
    byte[] digest = new byte[32];
    digest[0] = (byte) 0xab;
    digest[1] = 0x12;
    digest[2] = (byte) 0xcd;
    digest[3] = 0x34;
    assertThat(key(digest).id()).isEqualTo("file_ab12cd34");
  }

  @Test
  void thousandsOfKeysAreFoundEachAsItsOwnTeam() {
    Random random = new Random(1);
    List<Team> teams = new ArrayList<>();
    List<byte[]> digests = new ArrayList<>();
    for (int t = 0; t < 50; t++) {
      List<TeamKey> keys = new ArrayList<>();
      for (int k = 0; k < 100; k++) {
        byte[] digest = new byte[32];
        random.nextBytes(digest);
        digests.add(digest);
        keys.add(new TeamKey("key-" + t + "-" + k, new ApiKeyHash(digest), null));
      }
      teams.add(new Team(new TeamId("team-" + t), keys, true));
    }
    TeamDirectory directory = new TeamDirectory(teams);

    for (int i = 0; i < digests.size(); i++) {
      byte[] digest = digests.get(i).clone();
      String key = "key-" + i / 100 + "-" + i % 100;
      assertThat(directory.find(digest, NOW))
          .isEqualTo(new KeyOwner(new TeamId("team-" + i / 100), key));
      digest[31] ^= 1;
      assertThat(directory.find(digest, NOW)).isNull();
    }
  }

  @Test
  void digestsThatBeginAlikeAreToldApart() {
    byte[] one = new byte[32];
    byte[] two = new byte[32];
    byte[] three = new byte[32];
    two[31] = 1;
    three[31] = 2;
    TeamDirectory directory =
        new TeamDirectory(
            List.of(
                new Team(new TeamId("one"), List.of(key(one)), true),
                new Team(new TeamId("two"), List.of(key(two)), true)));

    assertThat(team(directory.find(one, NOW))).isEqualTo("one");
    assertThat(team(directory.find(two, NOW))).isEqualTo("two");
    assertThat(directory.find(three, NOW)).isNull();
  }

  @Test
  void theDecoyIsNobody() {
    assertThat(new TeamDirectory(List.of()).find(new byte[32], NOW)).isNull();
  }

  @Test
  void aKeyBelongsToOneTeam() {
    TeamKey hash = key(new byte[32]);
    assertThatThrownBy(
            () ->
                new TeamDirectory(
                    List.of(
                        new Team(new TeamId("chat"), List.of(hash), true),
                        new Team(new TeamId("batch"), List.of(hash), true))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("One key hash belongs to team \"chat\" and to team \"batch\".");
    assertThatThrownBy(
            () ->
                new TeamDirectory(
                    List.of(
                        new Team(new TeamId("chat"), List.of(), true),
                        new Team(new TeamId("chat"), List.of(), true))))
        .hasMessage("Team \"chat\" stands twice.");
  }

  @Test
  void nothingPrintsAHash() {
    ApiKeyHash hash = new ApiKeyHash(HexFormat.of().parseHex("0123456789abcdef".repeat(4)));
    Team team = new Team(new TeamId("chat"), List.of(TeamKey.inFile(hash)), true);

    assertThat(team.toString()).contains("hmac-sha256:01234567…").doesNotContain("0123456789");
    assertThat(new TeamDirectory(List.of(team)).toString()).doesNotContain("0123");
  }

  @Test
  void answersAreHeldForTeamsThatSaySoAndForNobodyUnknown() {
    TeamDirectory directory =
        new TeamDirectory(
            List.of(
                new Team(new TeamId("open"), List.of(), true),
                new Team(new TeamId("private"), List.of(), false)));

    assertThat(directory.holdsAnswers(new TeamId("open"))).isTrue();
    assertThat(directory.holdsAnswers(new TeamId("private"))).isFalse();
    assertThat(directory.holdsAnswers(new TeamId("unknown"))).isFalse();
  }
}

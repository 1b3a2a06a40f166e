package dev.sluice.billing.team;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TeamDirectoryTest {

  @Test
  void thousandsOfKeysAreFoundEachAsItsOwnTeam() {
    Random random = new Random(1);
    List<Team> teams = new ArrayList<>();
    List<byte[]> digests = new ArrayList<>();
    for (int t = 0; t < 50; t++) {
      List<ApiKeyHash> keys = new ArrayList<>();
      for (int k = 0; k < 100; k++) {
        byte[] digest = new byte[32];
        random.nextBytes(digest);
        digests.add(digest);
        keys.add(new ApiKeyHash(digest));
      }
      teams.add(new Team(new TeamId("team-" + t), keys, true));
    }
    TeamDirectory directory = new TeamDirectory(teams);

    for (int i = 0; i < digests.size(); i++) {
      byte[] digest = digests.get(i).clone();
      assertThat(directory.find(digest)).isEqualTo(new TeamId("team-" + i / 100));
      digest[31] ^= 1;
      assertThat(directory.find(digest)).isNull();
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
                new Team(new TeamId("one"), List.of(new ApiKeyHash(one)), true),
                new Team(new TeamId("two"), List.of(new ApiKeyHash(two)), true)));

    assertThat(directory.find(one)).isEqualTo(new TeamId("one"));
    assertThat(directory.find(two)).isEqualTo(new TeamId("two"));
    assertThat(directory.find(three)).isNull();
  }

  @Test
  void theDecoyIsNobody() {
    assertThat(new TeamDirectory(List.of()).find(new byte[32])).isNull();
  }

  @Test
  void aKeyBelongsToOneTeam() {
    ApiKeyHash hash = new ApiKeyHash(new byte[32]);
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
    Team team = new Team(new TeamId("chat"), List.of(hash), true);

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

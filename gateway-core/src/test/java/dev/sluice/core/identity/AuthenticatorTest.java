package dev.sluice.core.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.team.ApiKey;
import dev.sluice.billing.team.ApiKeyHasher;
import dev.sluice.billing.team.Team;
import dev.sluice.billing.team.TeamDirectory;
import dev.sluice.billing.team.TeamId;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuthenticatorTest {

  private static final String SECRET = "some secret of the operator";
  private static final TeamId CHAT = new TeamId("chat");
  private static final TeamId BATCH = new TeamId("batch");

  private final SecureRandom random = new SecureRandom();
  private final String first = ApiKey.generate(random);
  private final String second = ApiKey.generate(random);
  private final String third = ApiKey.generate(random);
  private final ApiKeyHasher hasher = new ApiKeyHasher(SECRET);
  private final TeamDirectory teams =
      new TeamDirectory(
          List.of(
              new Team(CHAT, List.of(hasher.hash(first), hasher.hash(second)), true),
              new Team(BATCH, List.of(hasher.hash(third)), true)));
  private final Authenticator authenticator = new Authenticator(teams, SECRET);

  @Test
  void everyKeyOfATeamIsThatTeam() {
    assertThat(authenticator.authenticate(first)).isEqualTo(CHAT);
    assertThat(authenticator.authenticate(second)).isEqualTo(CHAT);
    assertThat(authenticator.authenticate(third)).isEqualTo(BATCH);
    assertThat(authenticator.authenticate(first)).isEqualTo(CHAT);
  }

  @Test
  void aKeyThatWasNotGivenOutIsNobody() {
    assertThat(authenticator.authenticate(ApiKey.generate(random))).isNull();
  }

  @Test
  void oneOtherCharacterIsAnotherKey() {
    char last = first.charAt(20) == 'x' ? 'y' : 'x';
    String other = first.substring(0, 20) + last + first.substring(21);
    assertThat(authenticator.authenticate(other)).isNull();
  }

  @Test
  void aKeyWithSomethingAroundItIsAnotherKey() {
    assertThat(authenticator.authenticate(first + "A")).isNull();
    assertThat(authenticator.authenticate(first + " ")).isNull();
    assertThat(authenticator.authenticate("A" + first)).isNull();
    assertThat(authenticator.authenticate(first.substring(0, 46))).isNull();
  }

  @Test
  void hashesOfAnotherSecretOpenNothing() {
    assertThat(new Authenticator(teams, ApiKeyHasher.DEFAULT_SECRET).authenticate(first)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "slk_",
        "sk-proj-0123456789",
        "slk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "slk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "slk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=A",
        "slk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\u0141A",
        "SLK_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      })
  void whatIsNoKeyIsNobody(String presented) {
    assertThat(authenticator.authenticate(presented)).isNull();
  }
}

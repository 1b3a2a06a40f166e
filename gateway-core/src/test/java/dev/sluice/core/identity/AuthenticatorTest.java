package dev.sluice.core.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.team.ApiKey;
import dev.sluice.billing.team.ApiKeyHasher;
import dev.sluice.billing.team.KeyOwner;
import dev.sluice.billing.team.Team;
import dev.sluice.billing.team.TeamDirectory;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.team.TeamKey;
import dev.sluice.billing.team.Teams;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
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
  private final AtomicLong clock = new AtomicLong(1_795_000_000_000L);
  private final Teams teams =
      new Teams(
          new TeamDirectory(
              List.of(
                  new Team(CHAT, List.of(key("key_a", first), key("key_b", second)), true),
                  new Team(BATCH, List.of(key("key_c", third)), true))));
  private final Authenticator authenticator = new Authenticator(teams, SECRET, this::now);

  private Instant now() {
    return Instant.ofEpochMilli(clock.get());
  }

  private TeamKey key(String id, String key) {
    return new TeamKey(id, hasher.hash(key), null);
  }

  @Test
  void everyKeyOfATeamIsThatTeam() {
    assertThat(authenticator.authenticate(first)).isEqualTo(new KeyOwner(CHAT, "key_a"));
    assertThat(authenticator.authenticate(second)).isEqualTo(new KeyOwner(CHAT, "key_b"));
    assertThat(authenticator.authenticate(third)).isEqualTo(new KeyOwner(BATCH, "key_c"));
    assertThat(authenticator.authenticate(first)).isEqualTo(new KeyOwner(CHAT, "key_a"));
  }

  @Test
  void anotherDirectoryIsTheOneThatHoldsFromTheNextKeyOn() {
    Instant end = now().plusSeconds(10);
    teams.replace(
        new TeamDirectory(
            List.of(
                new Team(BATCH, List.of(new TeamKey("key_d", hasher.hash(first), end)), true))));

    assertThat(authenticator.authenticate(second)).isNull();
    assertThat(authenticator.authenticate(first)).isEqualTo(new KeyOwner(BATCH, "key_d"));
    clock.set(end.toEpochMilli());
    assertThat(authenticator.authenticate(first)).isNull();
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
    assertThat(new Authenticator(teams, ApiKeyHasher.DEFAULT_SECRET, this::now).authenticate(first))
        .isNull();
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

package dev.sluice.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.team.ApiKey;
import dev.sluice.billing.team.ApiKeyHasher;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;

class CallersTest {

  private static final String SECRET = "a secret of the operator";

  private final SecureRandom random = new SecureRandom();
  private final String ann = ApiKey.generate(random);
  private final String bob = ApiKey.generate(random);

  private Callers.Named named(String name, Role role, String key) {
    return new Callers.Named(new Caller(name, role), new ApiKeyHasher(SECRET).hash(key));
  }

  @Test
  void eachTokenIsItsOwnCaller() {
    Callers callers =
        new Callers(
            "the plain token",
            List.of(named("ann", Role.OPERATOR, ann), named("bob", Role.VIEWER, bob)),
            SECRET);

    assertThat(callers.caller("Bearer the plain token"))
        .isEqualTo(new Caller("token", Role.OPERATOR));
    assertThat(callers.caller("bearer " + ann)).isEqualTo(new Caller("ann", Role.OPERATOR));
    assertThat(callers.caller("Bearer " + bob)).isEqualTo(new Caller("bob", Role.VIEWER));
    for (String wrong :
        List.of(
            "Bearer " + ApiKey.generate(random),
            "Bearer " + ann + "x",
            "Basic " + ann,
            ann,
            "Bearer",
            "Bearer the plain",
            "")) {
      assertThat(callers.caller(wrong)).as(wrong).isNull();
    }
    assertThat(callers.caller(null)).isNull();
  }

  @Test
  void namedTokensAloneAskForOneAsWell() {
    Callers callers = new Callers(null, List.of(named("ann", Role.VIEWER, ann)), SECRET);
    assertThat(callers.caller(null)).isNull();
    assertThat(callers.caller("Bearer " + ann)).isNotNull();
  }

  @Test
  void whereThereIsNoTokenEverybodyIsAnAnonymousOperator() {
    assertThat(Callers.of(null).caller(null)).isEqualTo(new Caller("anonymous", Role.OPERATOR));
  }

  @Test
  void hashesOfAnotherSecretOpenNothing() {
    Callers callers =
        new Callers(null, List.of(named("ann", Role.VIEWER, ann)), ApiKeyHasher.DEFAULT_SECRET);
    assertThat(callers.caller("Bearer " + ann)).isNull();
  }
}

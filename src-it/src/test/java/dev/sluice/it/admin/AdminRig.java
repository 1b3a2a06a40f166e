package dev.sluice.it.admin;

import dev.sluice.billing.team.ApiKey;
import dev.sluice.billing.team.ApiKeyHasher;
import dev.sluice.it.fixtures.PoolsYaml;
import java.security.SecureRandom;

/** Configurations whose admin port knows an operator and a viewer by name. */
final class AdminRig {

  static final String TOKEN = "0123456789abcdef0123";
  static final String OPERATOR = ApiKey.generate(new SecureRandom());
  static final String VIEWER = ApiKey.generate(new SecureRandom());

  private AdminRig() {}

  /** As {@link PoolsYaml#of}. */
  static String yaml(String teamsAndPools, String... names) {
    ApiKeyHasher hasher = new ApiKeyHasher(ApiKeyHasher.DEFAULT_SECRET);
    return PoolsYaml.of(teamsAndPools, names)
        .replace(
            "admin: {port: 0}\n",
            """
            admin:
              port: 0
              token: %s
              tokens:
                ann: {hash: "%s", role: operator}
                vic: {hash: "%s"}
            """
                .formatted(TOKEN, hasher.hash(OPERATOR).text(), hasher.hash(VIEWER).text()));
  }
}

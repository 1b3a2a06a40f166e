package dev.sluice.admin;

import dev.sluice.admin.api.Caller;
import dev.sluice.admin.api.Callers;
import dev.sluice.admin.api.Role;
import dev.sluice.core.config.AdminSettings;
import java.util.ArrayList;
import java.util.List;

/** The configuration's tokens as the admin port knows them. */
final class AdminCallers {

  private AdminCallers() {}

  /**
   * Who may ask.
   *
   * @param keySecret under which the tokens' hashes were made
   */
  static Callers of(AdminSettings settings, String keySecret) {
    List<Callers.Named> named = new ArrayList<>();
    for (AdminSettings.Token token : settings.tokens()) {
      Role role =
          switch (token.role()) {
            case VIEWER -> Role.VIEWER;
            case OPERATOR -> Role.OPERATOR;
          };
      named.add(new Callers.Named(new Caller(token.name(), role), token.hash()));
    }
    return new Callers(settings.token(), named, keySecret);
  }
}

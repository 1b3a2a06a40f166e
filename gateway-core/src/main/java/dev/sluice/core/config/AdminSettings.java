package dev.sluice.core.config;

import dev.sluice.billing.team.ApiKeyHash;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The second port. Immutable.
 *
 * @param address local address to bind
 * @param port 0 for any free one
 * @param token what a request may present as bearer token, or null; a secret: {@link #toString}
 *     masks it. It may change things
 * @param tokens others, kept as hashes. Where there is neither, none is asked for, which only a
 *     loopback address may do
 */
public record AdminSettings(String address, int port, @Nullable String token, List<Token> tokens) {

  /** What somebody may do. */
  public enum Role {
    /** Look. */
    VIEWER,
    /** Change things as well. */
    OPERATOR
  }

  /**
   * A bearer token.
   *
   * @param name stands in the log of changes
   */
  public record Token(String name, ApiKeyHash hash, Role role) {}

  public AdminSettings {
    tokens = List.copyOf(tokens);
  }

  @Override
  public String toString() {
    return "AdminSettings["
        + address
        + ":"
        + port
        + (token == null ? ", no token" : ", token ****")
        + ", "
        + tokens.size()
        + " named tokens]";
  }
}

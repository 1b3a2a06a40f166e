package dev.sluice.admin.api;

/**
 * Who asks.
 *
 * @param name of the token that was presented; {@link #ANONYMOUS} where none is asked for
 */
public record Caller(String name, Role role) {

  /** The name of whoever needs no token. */
  public static final String ANONYMOUS = "anonymous";

  /** The name of whoever presents the one token that has no other. */
  public static final String TOKEN = "token";
}

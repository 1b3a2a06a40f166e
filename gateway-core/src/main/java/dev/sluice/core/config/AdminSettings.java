package dev.sluice.core.config;

import org.jspecify.annotations.Nullable;

/**
 * The second port. Immutable.
 *
 * @param address local address to bind
 * @param port 0 for any free one
 * @param token what a request must present as bearer token, or null where none is asked for, which
 *     only a loopback address may do; a secret: {@link #toString} masks it
 */
public record AdminSettings(String address, int port, @Nullable String token) {

  @Override
  public String toString() {
    return "AdminSettings["
        + address
        + ":"
        + port
        + (token == null ? ", no token" : ", token ****")
        + "]";
  }
}

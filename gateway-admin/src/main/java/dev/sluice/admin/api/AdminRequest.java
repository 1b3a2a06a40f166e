package dev.sluice.admin.api;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One request on the admin port, whole and authorised.
 *
 * @param path without the query, as it came: not decoded
 * @param query raw, without the question mark; empty if none
 * @param headers read only
 * @param body at most as long as its endpoint takes; not to be modified
 * @param parameters what stands in the path where the endpoint has {@code {name}}, decoded
 * @param caller who asks
 */
public record AdminRequest(
    String method,
    String path,
    String query,
    HttpHeaders headers,
    byte[] body,
    Map<String, String> parameters,
    Caller caller) {

  private static final Caller UNKNOWN = new Caller(Caller.ANONYMOUS, Role.VIEWER);

  AdminRequest(String method, String path, String query, HttpHeaders headers, byte[] body) {
    this(method, path, query, headers, body, Map.of(), UNKNOWN);
  }

  AdminRequest with(Map<String, String> found, @Nullable Caller asking) {
    Caller known = asking == null ? UNKNOWN : asking;
    return new AdminRequest(method, path, query, headers, body, Map.copyOf(found), known);
  }

  /**
   * What stands in the path for {@code {name}}: 1 to 255 characters, none of them a control
   * character.
   *
   * @throws IllegalArgumentException if the endpoint's path has no such name
   */
  public String parameter(String name) {
    String value = parameters.get(name);
    if (value == null) {
      throw new IllegalArgumentException("The path of this endpoint has no {" + name + "}.");
    }
    return value;
  }
}

package dev.sluice.admin.api;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who may ask, and who answers. Immutable; called on virtual threads. */
final class AdminRoutes {

  private static final Logger LOG = LoggerFactory.getLogger(AdminRoutes.class);
  private static final String SCHEME = "Bearer ";

  private final List<Endpoint> endpoints;
  private final byte @Nullable [] tokenDigest;

  AdminRoutes(List<Endpoint> endpoints, @Nullable String token) {
    this.endpoints = List.copyOf(endpoints);
    this.tokenDigest = token == null ? null : digest(token);
    var seen = new TreeSet<String>();
    for (Endpoint endpoint : endpoints) {
      if (!seen.add(endpoint.method() + " " + endpoint.path())) {
        throw new IllegalArgumentException(
            "Two endpoints answer " + endpoint.method() + " " + endpoint.path() + ".");
      }
    }
  }

  /**
   * Answers, whatever is asked. Without a token nothing is learned here, not even which paths
   * exist.
   */
  AdminAnswer answer(AdminRequest request) {
    Endpoint endpoint = find(request);
    if ((endpoint == null || !endpoint.isOpen()) && !isAuthorised(request)) {
      return AdminAnswer.problem(
          401,
          "Unauthorized",
          "token_missing_or_wrong",
          "This port needs the admin token. Send it as \"Authorization: Bearer TOKEN\".",
          Map.of("WWW-Authenticate", "Bearer realm=\"sluice-admin\""));
    }
    if (endpoint == null) {
      return noSuchEndpoint(request);
    }
    try {
      return endpoint.handler().answer(request);
    } catch (Exception e) {
      LOG.error("{} {} on the admin port failed", endpoint.method(), endpoint.path(), e);
      return AdminAnswer.problem(
          500,
          "Internal Server Error",
          "handler_failed",
          "The gateway could not answer this. Its log says why.");
    }
  }

  private @Nullable Endpoint find(AdminRequest request) {
    for (Endpoint endpoint : endpoints) {
      if (endpoint.path().equals(request.path()) && takes(endpoint, request.method())) {
        return endpoint;
      }
    }
    return null;
  }

  private static boolean takes(Endpoint endpoint, String method) {
    return endpoint.method().equals(method)
        || (method.equals("HEAD") && endpoint.method().equals("GET"));
  }

  private AdminAnswer noSuchEndpoint(AdminRequest request) {
    var allowed = new TreeSet<String>();
    for (Endpoint endpoint : endpoints) {
      if (endpoint.path().equals(request.path())) {
        allowed.add(endpoint.method());
        if (endpoint.method().equals("GET")) {
          allowed.add("HEAD");
        }
      }
    }
    if (allowed.isEmpty()) {
      return AdminAnswer.problem(
          404, "Not Found", "no_such_path", "There is nothing here. Known: " + paths() + ".");
    }
    String allow = String.join(", ", allowed);
    return AdminAnswer.problem(
        405,
        "Method Not Allowed",
        "method_not_allowed",
        "This path takes " + allow + ".",
        Map.of("Allow", allow));
  }

  private String paths() {
    var paths = new TreeSet<String>();
    for (Endpoint endpoint : endpoints) {
      paths.add(endpoint.path());
    }
    return String.join(", ", paths);
  }

  private boolean isAuthorised(AdminRequest request) {
    if (tokenDigest == null) {
      return true;
    }
    String sent = request.headers().get("Authorization");
    if (sent == null || !sent.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return false;
    }
    // Digests are compared, so that the time tells nothing of the token's length either.
    return MessageDigest.isEqual(tokenDigest, digest(sent.substring(SCHEME.length()).trim()));
  }

  private static byte[] digest(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform must have SHA-256", e);
    }
  }
}

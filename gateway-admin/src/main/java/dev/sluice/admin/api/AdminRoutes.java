package dev.sluice.admin.api;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who may ask, and who answers. Immutable; called on virtual threads. */
final class AdminRoutes {

  private static final Logger LOG = LoggerFactory.getLogger(AdminRoutes.class);
  private static final int PARAMETER_MAX = 255;

  /** An endpoint with its path taken apart. */
  private record Place(Endpoint endpoint, PathPattern pattern) {}

  private final List<Place> places = new ArrayList<>();
  private final Callers callers;

  AdminRoutes(List<Endpoint> endpoints, Callers callers) {
    this.callers = callers;
    var seen = new TreeSet<String>();
    for (Endpoint endpoint : endpoints) {
      var pattern = new PathPattern(endpoint.path());
      if (!seen.add(endpoint.method() + " " + pattern.shape())) {
        throw new IllegalArgumentException(
            "Two endpoints answer " + endpoint.method() + " " + endpoint.path() + ".");
      }
      places.add(new Place(endpoint, pattern));
    }
  }

  /**
   * Answers, whatever is asked. Without a token nothing is learned here, not even which paths
   * exist.
   */
  AdminAnswer answer(AdminRequest request) {
    List<Place> there = at(request.path());
    Place place = find(there, request.method());
    Caller caller = callers.caller(request.headers().get("Authorization"));
    if (caller == null && (place == null || !place.endpoint.isOpen())) {
      return AdminAnswer.problem(
          401,
          "Unauthorized",
          "token_missing_or_wrong",
          "This port needs an admin token. Send it as \"Authorization: Bearer TOKEN\".",
          Map.of("WWW-Authenticate", "Bearer realm=\"sluice-admin\""));
    }
    if (place == null) {
      return noSuchEndpoint(there);
    }
    AdminAnswer no = changes(place.endpoint) ? refusal(request, caller) : null;
    return no != null ? no : answer(place, request, caller);
  }

  /**
   * How long a body may be. A long one only from somebody whose request will be answered.
   *
   * @param usual of every endpoint that says no other
   */
  int bodyMaxBytes(String method, String path, @Nullable String authorization, int usual) {
    Place place = find(at(path), method);
    if (place == null || place.endpoint.bodyMaxBytes() <= Endpoint.BODY_USUAL) {
      return usual;
    }
    Caller caller = callers.caller(authorization);
    boolean isAllowed =
        caller != null && (caller.role() == Role.OPERATOR || !changes(place.endpoint));
    return isAllowed ? place.endpoint.bodyMaxBytes() : usual;
  }

  /** Of the longest body that any endpoint takes. */
  int bodyMaxBytes(int usual) {
    int max = usual;
    for (Place place : places) {
      if (place.endpoint.bodyMaxBytes() > Endpoint.BODY_USUAL) {
        max = Math.max(max, place.endpoint.bodyMaxBytes());
      }
    }
    return max;
  }

  private static boolean changes(Endpoint endpoint) {
    return !endpoint.method().equals("GET");
  }

  /** Who may not change things, and from where nobody may; null where nothing stands against it. */
  private static @Nullable AdminAnswer refusal(AdminRequest request, @Nullable Caller caller) {
    if (caller != null && caller.role() != Role.OPERATOR) {
      return AdminAnswer.problem(
          403,
          "Forbidden",
          "role_too_low",
          "The token "
              + caller.name()
              + " may look, and this changes things. Use one whose role is operator.");
    }
    // A page of a foreign origin in an operator's browser reaches this port as well as they do.
    String origin = request.headers().get("Origin");
    String host = request.headers().get("Host");
    if (origin != null && !origin.equals("http://" + host) && !origin.equals("https://" + host)) {
      return AdminAnswer.problem(
          403,
          "Forbidden",
          "foreign_origin",
          "A web page of another origin asks for this. Send it from a program, without an Origin"
              + " field.");
    }
    return null;
  }

  private static AdminAnswer answer(Place place, AdminRequest request, @Nullable Caller caller) {
    Endpoint endpoint = place.endpoint;
    Map<String, String> parameters = parameters(place, request.path());
    if (parameters == null) {
      return AdminAnswer.problem(
          400,
          "Bad Request",
          "malformed_path",
          "The path does not fit "
              + endpoint.path()
              + ". What stands for a name is 1 to "
              + PARAMETER_MAX
              + " characters, percent-encoded as UTF-8, without control characters.");
    }
    try {
      return endpoint.handler().answer(request.with(parameters, caller));
    } catch (Exception e) {
      LOG.error("{} {} on the admin port failed", endpoint.method(), endpoint.path(), e);
      return AdminAnswer.problem(
          500,
          "Internal Server Error",
          "handler_failed",
          "The gateway could not answer this. Its log says why.");
    }
  }

  /** Decoded; null where a value is none. */
  private static @Nullable Map<String, String> parameters(Place place, String path) {
    Map<String, String> raw = place.pattern.match(path);
    if (raw == null) {
      return null;
    }
    Map<String, String> parameters = new HashMap<>();
    for (Map.Entry<String, String> entry : raw.entrySet()) {
      String value = Decoding.decoded(entry.getValue());
      if (value == null || value.length() > PARAMETER_MAX) {
        return null;
      }
      parameters.put(entry.getKey(), value);
    }
    return parameters;
  }

  /** All endpoints of a path. An exact path hides those with names that it would fit as well. */
  private List<Place> at(String path) {
    List<Place> exact = new ArrayList<>();
    List<Place> named = new ArrayList<>();
    for (Place place : places) {
      if (place.pattern.match(path) != null) {
        (place.pattern.isExact() ? exact : named).add(place);
      }
    }
    return exact.isEmpty() ? named : exact;
  }

  private static @Nullable Place find(List<Place> there, String method) {
    for (Place place : there) {
      if (takes(place.endpoint, method)) {
        return place;
      }
    }
    return null;
  }

  private static boolean takes(Endpoint endpoint, String method) {
    return endpoint.method().equals(method)
        || (method.equals("HEAD") && endpoint.method().equals("GET"));
  }

  private AdminAnswer noSuchEndpoint(List<Place> there) {
    if (there.isEmpty()) {
      return AdminAnswer.problem(
          404, "Not Found", "no_such_path", "There is nothing here. Known: " + paths() + ".");
    }
    var allowed = new TreeSet<String>();
    for (Place place : there) {
      allowed.add(place.endpoint.method());
      if (place.endpoint.method().equals("GET")) {
        allowed.add("HEAD");
      }
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
    for (Place place : places) {
      paths.add(place.endpoint.path());
    }
    return String.join(", ", paths);
  }
}

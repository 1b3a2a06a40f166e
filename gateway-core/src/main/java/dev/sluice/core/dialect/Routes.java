package dev.sluice.core.dialect;

import dev.sluice.core.dialect.Route.Family;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Method and target → route and dialect. Immutable; shared by all loops.
 *
 * <p>{@code /v1/streams} and what is below it is the gateway's own, whatever routes there are. A
 * route with a prefix owns every path below it, and the longest prefix wins. Otherwise the path
 * tells the family, and where several providers have the same path ({@code /v1/models}) the
 * client's fields do.
 *
 * <p>A path is compared after its percent-encoding is resolved, because the provider resolves it: a
 * generation call must not pass as something else for an encoded letter or slash. What is sent
 * upstream is what the client wrote, less the prefix.
 */
public final class Routes {

  /** What became of a target. */
  public sealed interface Match {}

  /**
   * A route serves it.
   *
   * @param target origin form as it is sent upstream: prefix removed, alias resolved, query kept
   * @param modelInPath the model, where the dialect names it in the path
   * @param streamInPath whether the path asks for a stream
   * @param query raw query without its question mark, or empty
   */
  public record Found(
      Route route,
      Dialect dialect,
      String target,
      @Nullable String modelInPath,
      boolean streamInPath,
      String query)
      implements Match {}

  /**
   * No route serves it, or it is no target.
   *
   * @param nearest whose envelope the client understands best
   * @param refusal 404; 400 where the target is malformed; 405 where the gateway itself serves the
   *     path, but not by this method
   */
  public record NotFound(Dialect nearest, Refusal refusal) implements Match {}

  /**
   * The gateway itself serves it: {@code /v1/streams/{id}}, the answer of a call that is in flight
   * or held.
   *
   * @param id of the call, decoded: 1 to {@value #STREAM_ID_MAX} visible ASCII characters
   * @param query raw query without its question mark, or empty; may hold a token, which is a secret
   * @param isPreflight whether a browser asks what it may ask ({@code OPTIONS}); else {@code GET}
   *     or {@code HEAD}
   */
  public record Streams(String id, String query, boolean isPreflight) implements Match {

    /** Without the query, which may hold a token. */
    @Override
    public String toString() {
      return "Streams[" + id + "]";
    }
  }

  private static final Dialect CHAT = new OpenAiChat();
  private static final Dialect RESPONSES = new OpenAiResponses();
  private static final Dialect EMBEDDINGS =
      new OpenAiPassthrough(OpenAiPassthrough.Kind.EMBEDDINGS);
  private static final Dialect OPENAI_OTHER = new OpenAiPassthrough(OpenAiPassthrough.Kind.OTHER);
  private static final Dialect OPENAI_READ =
      new OpenAiPassthrough(OpenAiPassthrough.Kind.OTHER_READ);
  private static final Dialect MESSAGES = new AnthropicMessages(AnthropicMessages.Kind.MESSAGES);
  private static final Dialect COUNT_TOKENS =
      new AnthropicMessages(AnthropicMessages.Kind.COUNT_TOKENS);
  private static final Dialect ANTHROPIC_OTHER =
      new AnthropicMessages(AnthropicMessages.Kind.OTHER);
  private static final Dialect GENERATE = new Gemini(Gemini.Kind.GENERATE);
  private static final Dialect GEMINI_OTHER = new Gemini(Gemini.Kind.OTHER);

  private static final String STREAMS = "/v1/streams";
  private static final int STREAM_ID_MAX = 255;
  private static final String ALIAS = "/messages";
  private static final String MODELS = "/models/";
  private static final String KNOWN =
      "/v1/streams/{id} (this gateway); /v1/chat/completions, /v1/responses, /v1/embeddings and"
          + " other /v1/... (OpenAI); /v1/messages (Anthropic);"
          + " /v1beta/models/{model}:generateContent (Gemini)";
  private static final int SHOWN_MAX = 100;

  /** Code of the refusal of a method on {@code /v1/streams}. */
  public static final String METHOD_NOT_ALLOWED = "method_not_allowed";

  /** What {@code Allow} says then (RFC 9110 section 15.5.6). */
  public static final String STREAM_METHODS = "GET, HEAD, OPTIONS";

  /** With a prefix, the longest first. */
  private final List<Route> prefixed = new ArrayList<>();

  private final Map<Family, Route> plain = new EnumMap<>(Family.class);

  /**
   * Routes in any order.
   *
   * @throws IllegalArgumentException if two routes would serve the same paths
   */
  public Routes(List<Route> routes) {
    var prefixes = new HashSet<String>();
    for (var route : routes) {
      if (route.prefix().isEmpty()) {
        var other = plain.put(route.family(), route);
        if (other != null) {
          throw new IllegalArgumentException(
              "Routes %s and %s both serve the plain paths of %s; give one of them a prefix."
                  .formatted(other.name(), route.name(), route.family()));
        }
      } else if (!prefixes.add(route.prefix())) {
        throw new IllegalArgumentException(
            "Route %s has the prefix %s of another route.".formatted(route.name(), route.prefix()));
      } else {
        prefixed.add(route);
      }
    }
    prefixed.sort(Comparator.comparingInt((Route route) -> route.prefix().length()).reversed());
  }

  /**
   * Who serves a request.
   *
   * @param rawTarget the request target as it came: origin form, or absolute form, of which only
   *     path and query matter
   */
  public Match find(HttpMethod method, String rawTarget, HttpHeaders headers) {
    var target = originForm(rawTarget);
    var question = target.indexOf('?');
    var rawPath = question < 0 ? target : target.substring(0, question);
    var query = question < 0 ? "" : target.substring(question + 1);

    var problem = Target.problem(target, rawPath);
    if (problem != null) {
      return new NotFound(
          nearest(rawPath, query, headers),
          Refusal.invalid("invalid_target", "The request target is not accepted: " + problem));
    }
    var decoded = Target.decoded(rawPath);
    // Some servers do not mind a slash at the end, so it must not change what a call is.
    var path =
        decoded.length() > 1 && decoded.endsWith("/")
            ? decoded.substring(0, decoded.length() - 1)
            : decoded;

    if (isBelow(path, STREAMS)) {
      return streams(method, rawPath, decoded, query, headers);
    }
    for (var route : prefixed) {
      if (isBelow(rawPath, route.prefix())) {
        var length = route.prefix().length();
        return found(
            route,
            method,
            target.substring(length),
            path.substring(Math.min(length, path.length())),
            query);
      }
    }
    var family = family(method, path, query, headers);
    if (family == null) {
      return new NotFound(nearest(path, query, headers), unknown(path));
    }
    var route = plain.get(family);
    return route == null
        ? new NotFound(dialect(family, method, path).dialect(), missing(family, path))
        : found(route, method, target, path, query);
  }

  private static Match streams(
      HttpMethod method, String rawPath, String decoded, String query, HttpHeaders headers) {
    var isPreflight = method.equals(HttpMethod.OPTIONS);
    if (!isPreflight && !method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
      return new NotFound(
          nearest(query, headers),
          new Refusal(
              405,
              Refusal.Kind.INVALID_REQUEST,
              METHOD_NOT_ALLOWED,
              "A stream cannot be asked for by this method. Allowed: GET, HEAD, OPTIONS.",
              false,
              -1));
    }
    // An encoded slash at the end belongs to the id, a plain one does not.
    var end = decoded.length() - (rawPath.endsWith("/") ? 1 : 0);
    var start = STREAMS.length() + 1;
    var id = start < end ? decoded.substring(start, end) : "";
    return isStreamId(id)
        ? new Streams(id, query, isPreflight)
        : new NotFound(nearest(query, headers), unknownStream());
  }

  private static boolean isStreamId(String id) {
    for (var i = 0; i < id.length(); i++) {
      if (id.charAt(i) <= ' ' || id.charAt(i) > '~') {
        return false;
      }
    }
    return !id.isEmpty() && id.length() <= STREAM_ID_MAX;
  }

  /** The same words for an id that is none, was never given, has expired, or is another team's. */
  public static Refusal unknownStream() {
    return notFound(
        "unknown_stream",
        "No call of this name has an answer here. An answer can be fetched while the call runs and"
            + " for a while after its end; the name is the Sluice-Request-Id of its first answer,"
            + " or the id that the client gave it.");
  }

  private Match found(Route route, HttpMethod method, String target, String path, String query) {
    if (path.isEmpty()) {
      return new NotFound(dialect(route.family(), method, path).dialect(), unknown(route.prefix()));
    }
    var call = dialect(route.family(), method, path);
    var sent = target;
    if (route.family() == Family.ANTHROPIC && isAlias(path)) {
      sent = "/v1" + target;
    }
    return new Found(route, call.dialect(), sent, call.model(), call.isStream(), query);
  }

  /** What a path means within a family. */
  private record Call(Dialect dialect, @Nullable String model, boolean isStream) {}

  private static Call dialect(Family family, HttpMethod method, String path) {
    return switch (family) {
      case OPENAI -> new Call(openAi(method, path), null, false);
      case ANTHROPIC -> new Call(anthropic(method, path), null, false);
      case GEMINI -> gemini(method, path);
    };
  }

  /** With or without {@code /v1}: a provider's base URL may end with its own, or have none. */
  private static Dialect openAi(HttpMethod method, String path) {
    if (!method.equals(HttpMethod.POST)) {
      return OPENAI_READ;
    }
    if (path.endsWith("/chat/completions")) {
      return CHAT;
    }
    if (path.equals("/responses") || path.endsWith("/v1/responses")) {
      return RESPONSES;
    }
    return path.equals("/embeddings") || path.endsWith("/v1/embeddings")
        ? EMBEDDINGS
        : OPENAI_OTHER;
  }

  private static Dialect anthropic(HttpMethod method, String path) {
    if (!method.equals(HttpMethod.POST)) {
      return ANTHROPIC_OTHER;
    }
    return switch (isAlias(path) ? "/v1" + path : path) {
      case "/v1/messages" -> MESSAGES;
      case "/v1/messages/count_tokens" -> COUNT_TOKENS;
      default -> ANTHROPIC_OTHER;
    };
  }

  /** One base URL cannot suit two SDKs: one appends /v1/messages to it, another /messages. */
  private static boolean isAlias(String path) {
    return isBelow(path, ALIAS);
  }

  private static Call gemini(HttpMethod method, String path) {
    // Google's OpenAI-compatible endpoints: their bodies and answers are OpenAI's.
    if (path.startsWith("/v1beta/openai/")) {
      return new Call(openAi(method, path), null, false);
    }
    var colon = path.lastIndexOf(':');
    if (!method.equals(HttpMethod.POST) || colon < 0) {
      return new Call(GEMINI_OTHER, null, false);
    }
    var model = geminiModel(path.substring(0, colon));
    return switch (path.substring(colon + 1)) {
      case "generateContent" -> new Call(GENERATE, model, false);
      case "streamGenerateContent" -> new Call(GENERATE, model, true);
      default -> new Call(GEMINI_OTHER, model, false);
    };
  }

  /** {@code …/models/m} is m; {@code /v1beta/tunedModels/m} is tunedModels/m. */
  private static @Nullable String geminiModel(String resource) {
    var models = resource.indexOf(MODELS);
    var model =
        models >= 0
            ? resource.substring(models + MODELS.length())
            : resource.substring(resource.indexOf('/', 1) + 1);
    return model.isEmpty() ? null : model;
  }

  /** Whose path it is where no prefix says so; null where it is nobody's. */
  private static @Nullable Family family(
      HttpMethod method, String path, String query, HttpHeaders headers) {
    if (isBelow(path, "/v1/messages") || isAlias(path) || path.equals("/v1/complete")) {
      return Family.ANTHROPIC;
    }
    if (isBelow(path, "/v1beta")
        || isBelow(path, "/v1alpha")
        || isBelow(path, "/upload/v1beta")
        || isGeminiOnV1(method, path)) {
      return Family.GEMINI;
    }
    if (!path.startsWith("/v1/")) {
      return null;
    }
    return isOpenAiOnly(path) ? Family.OPENAI : byFields(query, headers);
  }

  /** OpenAI's model ids may have colons too, but nothing is posted to them. */
  private static boolean isGeminiOnV1(HttpMethod method, String path) {
    return method.equals(HttpMethod.POST)
        && path.startsWith("/v1/models/")
        && path.indexOf(':') > 0;
  }

  private static boolean isOpenAiOnly(String path) {
    return isBelow(path, "/v1/chat/completions")
        || isBelow(path, "/v1/responses")
        || isBelow(path, "/v1/embeddings");
  }

  private static Family byFields(String query, HttpHeaders headers) {
    if (headers.contains("anthropic-version") || headers.contains(ClientKeys.X_API_KEY)) {
      return Family.ANTHROPIC;
    }
    return headers.contains(ClientKeys.X_GOOG_API_KEY) || ("&" + query).contains("&key=")
        ? Family.GEMINI
        : Family.OPENAI;
  }

  /**
   * The dialect whose envelope a client understands best that got no further than its target.
   *
   * @param target raw target, possibly cut short; null where not even that is known
   */
  public Dialect nearest(@Nullable String target) {
    return target == null
        ? OPENAI_READ
        : nearest(originForm(target), "", EmptyHttpHeaders.INSTANCE);
  }

  /** The dialect that a request's fields point to, where its path says nothing. */
  public static Dialect nearest(String query, HttpHeaders headers) {
    return switch (byFields(query, headers)) {
      case OPENAI -> OPENAI_READ;
      case ANTHROPIC -> ANTHROPIC_OTHER;
      case GEMINI -> GEMINI_OTHER;
    };
  }

  private static Dialect nearest(String path, String query, HttpHeaders headers) {
    if (isBelow(path, "/v1beta")) {
      return GEMINI_OTHER;
    }
    if (isBelow(path, "/v1/messages") || isAlias(path)) {
      return ANTHROPIC_OTHER;
    }
    return nearest(query, headers);
  }

  private static boolean isBelow(String path, String parent) {
    return path.startsWith(parent)
        && (path.length() == parent.length() || path.charAt(parent.length()) == '/');
  }

  private Refusal unknown(String path) {
    var message =
        new StringBuilder("No route serves the path \"")
            .append(shown(path))
            .append("\". Known here: ")
            .append(KNOWN);
    if (!prefixed.isEmpty()) {
      var prefixes = new StringJoiner(", ", "; and below ", "");
      prefixed.forEach(route -> prefixes.add(route.prefix()));
      message.append(prefixes);
    }
    return notFound("unknown_path", message.append('.').toString());
  }

  private static Refusal missing(Family family, String path) {
    return notFound(
        "no_route",
        "The path \"%s\" belongs to the API %s, for which this gateway has no route. Configure one, or use another path."
            .formatted(shown(path), family.name()));
  }

  private static Refusal notFound(String code, String message) {
    return new Refusal(404, Refusal.Kind.NOT_FOUND, code, message, false, -1);
  }

  private static String shown(String path) {
    return path.length() <= SHOWN_MAX ? path : path.substring(0, SHOWN_MAX) + "...";
  }

  /** {@code http://host/path} is reduced to its path: the host was never ours to choose by. */
  private static String originForm(String target) {
    var isAbsolute =
        target.regionMatches(true, 0, "http://", 0, 7)
            || target.regionMatches(true, 0, "https://", 0, 8);
    if (!isAbsolute) {
      return target;
    }
    var authority = target.indexOf("//") + 2;
    for (var i = authority; i < target.length(); i++) {
      var c = target.charAt(i);
      if (c == '/') {
        return target.substring(i);
      }
      if (c == '?') {
        return "/" + target.substring(i);
      }
    }
    return "/";
  }
}

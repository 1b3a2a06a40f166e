package dev.sluice.admin.prefix;

import dev.sluice.core.warm.PrefixReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Takes the whole request for the prefix: what is registered is what calls have in common. Its
 * tokens are estimated as a quarter of its bytes, its life as five minutes. Immutable.
 */
public final class WholeRequest implements PrefixReader {

  /** The shortest that any provider caches; Anthropic, its newest models. */
  static final int TOKENS_MIN = 512;

  private static final int BYTES_PER_TOKEN = 4;
  private static final long LIFETIME = Duration.ofMinutes(5).toNanos();
  private static final JsonMapper JSON = new JsonMapper();

  private final Map<String, String> providers;

  /**
   * @param providers by route, of the routes that have a key of the gateway's own
   */
  public WholeRequest(Map<String, String> providers) {
    this.providers = Map.copyOf(providers);
  }

  @Override
  public Reading read(String route, String request) {
    String provider = providers.get(route);
    if (provider == null) {
      return new NotCacheable(
          "There is no route \""
              + route
              + "\" that the gateway has a key of its own for. Known: "
              + String.join(", ", providers.keySet().stream().sorted().toList())
              + ".");
    }
    String model = model(request);
    if (model.isEmpty()) {
      return new NotCacheable("The request names no model. Give it a member \"model\".");
    }
    byte[] bytes = request.getBytes(StandardCharsets.UTF_8);
    long tokens = Math.ceilDiv(bytes.length, BYTES_PER_TOKEN);
    return tokens < TOKENS_MIN
        ? new NotCacheable(
            "The request has about "
                + tokens
                + " tokens, and no provider caches less than "
                + TOKENS_MIN
                + ".")
        : cacheable(route, provider, model, tokens, bytes);
  }

  private static Cacheable cacheable(
      String route, String provider, String model, long tokens, byte[] request) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update((route + "\n").getBytes(StandardCharsets.UTF_8));
      String id = HexFormat.of().formatHex(digest.digest(request), 0, 8);
      return new Cacheable(id, id, provider, model, tokens, LIFETIME);
    } catch (NoSuchAlgorithmException never) {
      throw new IllegalStateException("Every JDK has SHA-256", never);
    }
  }

  private static String model(String request) {
    try {
      JsonNode model = JSON.readTree(request).path("model");
      return model.isString() ? model.asString() : "";
    } catch (JacksonException notJson) {
      return "";
    }
  }
}

package dev.sluice.admin.demo;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a provider's prompt cache sees of a request: its blocks in the order in which they are
 * rendered, and after which of them it may be cached.
 *
 * <p>Anthropic: tools, system, messages, with a breakpoint at each {@code cache_control}, a
 * top-level one standing for the last block. OpenAI: tools, the leading system or developer
 * messages (or {@code instructions}) and {@code prompt_cache_key}, as one block.
 *
 * @param blocks in the order of rendering; empty where nothing can be cached
 */
record CachePrompt(List<Block> blocks) {

  /** How long an entry lives without use, as the providers' pages say. */
  enum Life {
    FIVE_MINUTES(300),
    HALF_HOUR(1_800),
    HOUR(3_600);

    final long seconds;

    Life(long seconds) {
      this.seconds = seconds;
    }
  }

  /**
   * One block.
   *
   * @param hash of what is rendered; the breakpoint itself is not
   * @param bytes of text, names and values
   * @param breakpoint null where the block ends in none
   */
  record Block(long hash, int bytes, @Nullable Life breakpoint) {}

  private static final JsonMapper JSON = new JsonMapper();
  private static final String BREAKPOINT = "cache_control";
  private static final CachePrompt NONE = new CachePrompt(List.of());

  /** Reads a body; one that is no JSON object has nothing to cache. */
  static CachePrompt of(Answer.Api api, byte[] body) {
    try {
      JsonNode root = JSON.readTree(body);
      return switch (api) {
        case MESSAGES -> anthropic(root);
        case CHAT -> openAi(root, root.path("messages"));
        case RESPONSES -> openAi(root, root.path("input"));
        case EMBEDDINGS, OPENAI_OTHER, COUNT_TOKENS, GEMINI -> NONE;
      };
    } catch (JacksonException e) {
      return NONE;
    }
  }

  private static CachePrompt anthropic(JsonNode root) {
    List<Block> blocks = new ArrayList<>();
    add(blocks, "tools", root.path("tools"));
    add(blocks, "system", root.path("system"));
    for (JsonNode message : root.path("messages")) {
      add(blocks, message.path("role").asString(""), message.path("content"));
    }
    if (root.has(BREAKPOINT) && !blocks.isEmpty()) {
      Block last = blocks.removeLast();
      blocks.add(new Block(last.hash(), last.bytes(), life(root.path(BREAKPOINT))));
    }
    return new CachePrompt(List.copyOf(blocks));
  }

  private static void add(List<Block> blocks, String role, JsonNode content) {
    if (content.isArray()) {
      for (JsonNode each : content) {
        blocks.add(block(role, each));
      }
    } else if (!content.isMissingNode()) {
      blocks.add(block(role, content));
    }
  }

  private static Block block(String role, JsonNode node) {
    Sum sum = new Sum();
    sum.text(role);
    sum.node(node);
    JsonNode marker = node.path(BREAKPOINT);
    return new Block(sum.value(), sum.bytes, marker.isObject() ? life(marker) : null);
  }

  private static Life life(JsonNode marker) {
    return marker.path("ttl").asString("").equals("1h") ? Life.HOUR : Life.FIVE_MINUTES;
  }

  private static CachePrompt openAi(JsonNode root, JsonNode messages) {
    Sum sum = new Sum();
    sum.node(root.path("tools"));
    sum.node(root.path("instructions"));
    for (JsonNode message : messages) {
      String role = message.path("role").asString("");
      if (!role.equals("system") && !role.equals("developer")) {
        break;
      }
      sum.node(message);
    }
    int bytes = sum.bytes;
    sum.node(root.path("prompt_cache_key"));
    return new CachePrompt(List.of(new Block(sum.value(), bytes, Life.HALF_HOUR)));
  }

  /** A checksum over what a model would be shown. Two polynomials: chance finds no equal pair. */
  private static final class Sum {
    private final CRC32 one = new CRC32();
    private final CRC32C other = new CRC32C();
    private int bytes;

    void node(JsonNode node) {
      if (node.isObject()) {
        for (Map.Entry<String, JsonNode> member : node.properties()) {
          if (!member.getKey().equals(BREAKPOINT)) {
            text(member.getKey());
            node(member.getValue());
          }
        }
      } else if (node.isArray()) {
        for (JsonNode each : node) {
          node(each);
        }
      } else if (!node.isMissingNode()) {
        text(node.asString());
      }
    }

    void text(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      bytes += utf8.length;
      one.update(utf8);
      one.update(0);
      other.update(utf8);
      other.update(0);
    }

    long value() {
      return one.getValue() << 32 | other.getValue();
    }
  }
}

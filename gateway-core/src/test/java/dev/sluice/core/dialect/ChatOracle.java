package dev.sluice.core.dialect;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a chat body says, as Jackson reads it; with it the rules that Jackson does not have. A whole
 * other way to the same answer.
 */
final class ChatOracle {

  static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(1_000).build())
                  .build())
          .build();

  private ChatOracle() {}

  /** The facts, or null where the body must be refused. */
  static @Nullable RequestFacts read(byte[] body) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
    if (text.startsWith("\ufeff")) {
      return null;
    }
    JsonNode root;
    try {
      if (!isWellFormed(text)) {
        return null;
      }
      root = MAPPER.readTree(text);
    } catch (JacksonException e) {
      return null;
    }
    return root.isObject() ? facts(root, body.length) : null;
  }

  /** All tokens of the text, no lone surrogates, nothing behind, no significant key twice. */
  private static boolean isWellFormed(String text) {
    var twice = new HashSet<String>();
    try (var parser = MAPPER.createParser(text)) {
      var depth = 0;
      var options = 0;
      var topKey = "";
      JsonToken token;
      var roots = 0;
      while ((token = parser.nextToken()) != null) {
        if (depth == 0) {
          roots++;
        }
        switch (token) {
          case START_OBJECT, START_ARRAY -> {
            depth++;
            if (depth == 2 && token == JsonToken.START_OBJECT && topKey.equals("stream_options")) {
              options = depth;
            }
          }
          case END_OBJECT, END_ARRAY -> {
            depth--;
            if (depth < options) {
              options = 0;
            }
          }
          case PROPERTY_NAME -> {
            var key = parser.currentName();
            if (hasLoneSurrogate(key)) {
              return false;
            }
            if (depth == 1) {
              topKey = key;
            }
            if (depth == 1 && isSignificant(key) && !twice.add(key)) {
              return false;
            }
            if (depth == 2
                && options == 2
                && key.equals("include_usage")
                && !twice.add("*" + key)) {
              return false;
            }
          }
          case VALUE_STRING -> {
            if (hasLoneSurrogate(parser.getString())) {
              return false;
            }
          }
          default -> checkNumber(parser, token);
        }
      }
      return roots == 1;
    }
  }

  private static void checkNumber(JsonParser parser, JsonToken token) {
    if (token.isNumeric()) {
      parser.getNumberValue();
    }
  }

  private static boolean isSignificant(String key) {
    return switch (key) {
      case "model", "stream", "max_tokens", "max_completion_tokens", "stream_options", "messages" ->
          true;
      default -> false;
    };
  }

  private static boolean hasLoneSurrogate(String text) {
    return !StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  private static @Nullable RequestFacts facts(JsonNode root, long length) {
    var model = root.get("model");
    if (model != null
        && (!model.isString()
            || model.asString().isEmpty()
            || Pieces.utf8(model.asString()).length > 256)) {
      return null;
    }
    var stream = root.get("stream");
    if (stream != null && !stream.isBoolean() && !stream.isNull()) {
      return null;
    }
    var options = root.get("stream_options");
    if (options != null && !options.isObject() && !options.isNull()) {
      return null;
    }
    var ask = options == null ? null : options.get("include_usage");
    if (ask != null && !ask.isBoolean() && !ask.isNull()) {
      return null;
    }
    var cap = cap(root.get("max_tokens"));
    var capFirst = cap(root.get("max_completion_tokens"));
    if (cap < -1 || capFirst < -1) {
      return null;
    }
    return new RequestFacts(
        model == null ? null : model.asString(),
        stream != null && stream.asBoolean(false),
        capFirst >= 0 ? capFirst : cap,
        null,
        length,
        null);
  }

  /** -1 for none, -2 for a wrong one. */
  private static long cap(@Nullable JsonNode node) {
    if (node == null || node.isNull()) {
      return -1;
    }
    var isCount =
        node.isIntegralNumber()
            && node.canConvertToLong()
            && node.asLong() >= 0
            && node.asLong() <= 1L << 53;
    return isCount ? node.asLong() : -2;
  }
}

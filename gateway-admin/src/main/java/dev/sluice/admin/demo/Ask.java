package dev.sluice.admin.demo;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The little that the provider reads of a request body; a body that is no JSON object asks for
 * nothing.
 */
record Ask(@Nullable String model, boolean stream, boolean usage, boolean base64) {

  private static final JsonFactory JSON = new JsonFactory();

  static Ask read(byte[] body) {
    String model = null;
    boolean stream = false;
    boolean usage = false;
    boolean base64 = false;
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), body)) {
      if (body.length == 0 || parser.nextToken() != JsonToken.START_OBJECT) {
        return new Ask(null, false, false, false);
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (name) {
          case "model" -> model = value == JsonToken.VALUE_STRING ? parser.getString() : null;
          case "stream" -> stream = value == JsonToken.VALUE_TRUE;
          case "encoding_format" ->
              base64 = value == JsonToken.VALUE_STRING && parser.getString().equals("base64");
          case "stream_options" -> usage = includesUsage(parser, value);
          default -> {}
        }
        parser.skipChildren();
      }
    } catch (JacksonException e) {
      // Told by the missing model; a provider that guards its input is not what is played here.
      return new Ask(model, stream, usage, base64);
    }
    return new Ask(model, stream, usage, base64);
  }

  private static boolean includesUsage(JsonParser parser, JsonToken value) {
    boolean usage = false;
    if (value == JsonToken.START_OBJECT) {
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean isIt = parser.currentName().equals("include_usage");
        boolean isTrue = parser.nextToken() == JsonToken.VALUE_TRUE;
        usage |= isIt && isTrue;
        parser.skipChildren();
      }
    }
    return usage;
  }
}

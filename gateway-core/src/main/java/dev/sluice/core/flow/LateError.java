package dev.sluice.core.flow;

import dev.sluice.core.dialect.Refusal;
import dev.sluice.core.dialect.Refusal.Kind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufInputStream;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * A provider's refusal that came after a {@code 200} had been committed to keep the client alive:
 * its message is taken over into the stream's own error form.
 */
final class LateError {

  /** More of an error body than anyone reads. */
  private static final int KEPT_BYTES_MAX = 64 * 1024;

  private static final int MESSAGE_CHARS_MAX = 2_000;
  private static final JsonFactory JSON = new JsonFactory();

  private LateError() {}

  /** Adds what still fits. Ownership of {@code bytes} passes. */
  static void keep(ByteBuf kept, ByteBuf bytes) {
    int room = Math.min(KEPT_BYTES_MAX - kept.readableBytes(), bytes.readableBytes());
    kept.writeBytes(bytes, room);
    bytes.release();
  }

  /** The refusal in the provider's words; only looks at {@code body}. */
  static Refusal of(int status, ByteBuf body) {
    String message = message(body);
    // A status below 400 here is an answer in another form than was asked for.
    int told = status >= 400 ? status : 502;
    return new Refusal(
        told,
        kind(told),
        "late_status_" + status,
        message != null ? message : "The provider answered with status " + status + ".",
        told == 429 || told >= 500,
        -1);
  }

  private static Kind kind(int status) {
    return switch (status) {
      case 401 -> Kind.AUTHENTICATION;
      case 403 -> Kind.PERMISSION;
      case 404 -> Kind.NOT_FOUND;
      case 413 -> Kind.TOO_LARGE;
      case 429 -> Kind.RATE_LIMIT;
      case 408, 504 -> Kind.TIMEOUT;
      default -> status < 500 ? Kind.INVALID_REQUEST : Kind.UPSTREAM;
    };
  }

  /** {@code error.message}, where all providers put it; null where it is not to be found. */
  private static @Nullable String message(ByteBuf body) {
    try (JsonParser json =
        JSON.createParser(
            ObjectReadContext.empty(),
            (InputStream) new ByteBufInputStream(body.duplicate(), false))) {
      boolean inError = false;
      int depth = 0;
      for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
        switch (token) {
          case START_OBJECT, START_ARRAY -> depth++;
          case END_OBJECT, END_ARRAY -> depth--;
          case PROPERTY_NAME -> {
            if (depth == 1) {
              inError = json.currentName().equals("error");
            } else if (depth == 2 && inError && json.currentName().equals("message")) {
              if (json.nextToken() == JsonToken.VALUE_STRING) {
                String text = json.getString();
                return text.length() <= MESSAGE_CHARS_MAX
                    ? text
                    : text.substring(0, MESSAGE_CHARS_MAX);
              }
            }
          }
          default -> {}
        }
      }
      return null;
    } catch (JacksonException notJson) {
      return null; // an HTML page of some proxy: the status says what matters
    }
  }
}

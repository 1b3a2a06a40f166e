package dev.sluice.core.flow;

import dev.sluice.sse.journal.JournalHead.Form;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;

/** What a provider's answer is made of, by its head. */
final class AnswerForm {

  private static final AsciiString EVENT_STREAM = AsciiString.cached("text/event-stream");
  private static final AsciiString JSON = AsciiString.cached("application/json");

  private AnswerForm() {}

  static Form of(HttpHeaders fields) {
    String type = fields.get(HttpHeaderNames.CONTENT_TYPE);
    if (type == null || fields.contains(HttpHeaderNames.CONTENT_ENCODING)) {
      return Form.OPAQUE; // an encoding that could not be undone hides where events end
    }
    if (startsWith(type, EVENT_STREAM)) {
      return Form.EVENTS;
    }
    return startsWith(type, JSON) ? Form.JSON : Form.OPAQUE;
  }

  private static boolean startsWith(String type, AsciiString prefix) {
    return AsciiString.regionMatches(type, true, 0, prefix, 0, prefix.length());
  }
}

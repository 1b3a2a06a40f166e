package dev.sluice.sse.journal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Status and header fields of an answer, as the reader is to see them. Immutable; shared between
 * cursors.
 *
 * @param status HTTP status code, 200 to 599
 * @param fields header fields in order, hop-by-hop fields already removed; never a {@code
 *     Content-Length} or {@code Transfer-Encoding}, which belong to the connection
 * @param form what the body is made of
 * @param contentLength bytes of the body when the provider announced them, or -1
 */
public record JournalHead(
    int status, List<Map.Entry<String, String>> fields, Form form, long contentLength) {

  /** The same with more header fields behind these. */
  public JournalHead plus(List<Map.Entry<String, String>> more) {
    if (more.isEmpty()) {
      return this;
    }
    List<Map.Entry<String, String>> all = new ArrayList<>(fields.size() + more.size());
    all.addAll(fields);
    all.addAll(more);
    return new JournalHead(status, all, form, contentLength);
  }

  /** The same for a body whose length is not known. */
  JournalHead withoutLength() {
    return contentLength < 0 ? this : new JournalHead(status, fields, form, -1);
  }

  /** What a body is made of, and so where something may be put between its bytes. */
  public enum Form {
    /** {@code text/event-stream}: comments may stand between events. */
    EVENTS,
    /** One JSON text: white space may stand before it. */
    JSON,
    /** Anything else: nothing may be added. */
    OPAQUE
  }
}

package dev.sluice.admin.reconcile;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records of a CSV (RFC 4180): fields in quotes may hold commas, quotes and line breaks. Line
 * breaks are CR LF or LF. Empty lines are passed over.
 */
final class CsvReader {

  /** Fields of the longest record. */
  private static final int FIELDS_MAX = 1_000;

  /** A file that is none; the message is a whole sentence. */
  static final class NoCsv extends Exception {
    private static final long serialVersionUID = 1L;

    NoCsv(String message) {
      super(message);
    }
  }

  /**
   * @param line where it begins, the first being 1
   */
  record Line(int line, List<String> fields) {}

  private final String text;
  private int at;
  private int line = 1;

  CsvReader(byte[] bytes) throws NoCsv {
    int skip = UsageExport.startsWithMark(bytes) ? 3 : 0;
    try {
      text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(bytes, skip, bytes.length - skip))
              .toString();
    } catch (CharacterCodingException e) {
      throw new NoCsv("The export is not in UTF-8.");
    }
  }

  /** The next that is not empty, or null. */
  @Nullable Line next() throws NoCsv {
    while (at < text.length()) {
      int first = line;
      List<String> fields = new ArrayList<>();
      do {
        if (fields.size() == FIELDS_MAX) {
          throw new NoCsv(
              "line " + first + " has more fields than the allowed " + FIELDS_MAX + ".");
        }
        fields.add(field());
      } while (takes(','));
      if (at < text.length() && !takes("\r\n") && !takes('\n')) {
        throw new NoCsv(
            "line "
                + line
                + ": found "
                + ExportRows.shown(text.substring(at, Math.min(text.length(), at + 10)))
                + " behind a quoted field, allowed is a comma or the end of the line.");
      }
      line++;
      if (fields.size() > 1 || !fields.getFirst().isEmpty()) {
        return new Line(first, fields);
      }
    }
    return null;
  }

  private String field() throws NoCsv {
    if (!takes('"')) {
      int start = at;
      while (at < text.length() && ",\r\n".indexOf(text.charAt(at)) < 0) {
        at++;
      }
      return text.substring(start, at);
    }
    int opened = line;
    StringBuilder field = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c != '"') {
        line += c == '\n' ? 1 : 0;
        field.append(c);
      } else if (takes('"')) {
        field.append('"');
      } else {
        return field.toString();
      }
    }
    throw new NoCsv("line " + opened + " opens a quote that is never closed.");
  }

  private boolean takes(char c) {
    boolean isThere = at < text.length() && text.charAt(at) == c;
    at += isThere ? 1 : 0;
    return isThere;
  }

  private boolean takes(String end) {
    boolean isThere = text.startsWith(end, at);
    at += isThere ? end.length() : 0;
    return isThere;
  }
}

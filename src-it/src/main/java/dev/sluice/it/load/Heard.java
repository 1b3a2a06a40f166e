package dev.sluice.it.load;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * What came of one request of a {@link Herd}. Times are {@link System#nanoTime}, 0 where it did not
 * come to that.
 *
 * @param status 0 where no head came
 * @param head status line and fields
 * @param body without framing
 * @param isWhole ended as its framing promised
 * @param sentNanos when it was handed to the socket
 * @param headNanos when the head was whole
 * @param endNanos when the answer was over, whole or not
 * @param problem empty if nothing went wrong
 */
public record Heard(
    int status,
    String head,
    byte[] body,
    boolean isWhole,
    long sentNanos,
    long headNanos,
    long endNanos,
    String problem) {

  /** An answer with status 200 that came to its end. */
  public boolean isAnswer() {
    return status == 200 && isWhole;
  }

  public String bodyText() {
    return new String(body, StandardCharsets.ISO_8859_1);
  }

  /** The first value of a header field, or an empty string. */
  public String field(String name) {
    String wanted = name.toLowerCase(Locale.ROOT) + ":";
    return head.lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(wanted))
        .map(line -> line.substring(wanted.length()).strip())
        .findFirst()
        .orElse("");
  }
}

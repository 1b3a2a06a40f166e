package dev.sluice.core.identity;

import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;

/**
 * The gateway's own name for a call: {@code req_}, 44 bits of the time and 68 random bits, in hex.
 * Sent to clients as {@code Sluice-Request-Id}; the first thing to look for in the log.
 *
 * <p>The time comes first, in milliseconds since 1970, so that ids sort by it and a new row goes to
 * the end of an index over them: random ids would touch a page of their own each. As in version 7
 * of UUIDs (RFC 9562 section 5.7), with more random bits, since on open routes to know an id is to
 * be allowed to read its stream.
 */
public record CallId(String text) {

  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final int TIME_AT = 4;
  private static final int TIME_DIGITS = 11;
  private static final int LENGTH = 32;

  /**
   * A new id.
   *
   * @param epochMillis wall clock; ids of a clock that jumps are as unique as others
   */
  @SuppressWarnings("deprecation") // the ISO-8859-1 constructor is the cheap one, and right for hex
  public static CallId next(RandomGenerator random, long epochMillis) {
    byte[] text = new byte[LENGTH];
    text[0] = 'r';
    text[1] = 'e';
    text[2] = 'q';
    text[3] = '_';
    for (int i = 0; i < TIME_DIGITS; i++) {
      text[TIME_AT + i] = HEX[(int) (epochMillis >>> (4 * (TIME_DIGITS - 1 - i))) & 15];
    }
    long bits = random.nextLong();
    for (int i = TIME_AT + TIME_DIGITS; i < LENGTH; i++) {
      if (i == LENGTH - 1) {
        bits = random.nextLong();
      }
      text[i] = HEX[(int) bits & 15];
      bits >>>= 4;
    }
    return new CallId(new String(text, 0));
  }
}

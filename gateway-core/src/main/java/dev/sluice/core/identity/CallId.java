package dev.sluice.core.identity;

import java.util.random.RandomGenerator;

/**
 * The gateway's own name for a call: {@code req_} and 96 random bits in hex. Sent to clients as
 * {@code Sluice-Request-Id}; the first thing to look for in the log.
 */
public record CallId(String text) {

  private static final byte[] HEX =
      "0123456789abcdef".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

  /** A new id. */
  @SuppressWarnings("deprecation") // the ISO-8859-1 constructor is the cheap one, and right for hex
  public static CallId next(RandomGenerator random) {
    byte[] text = {
      'r', 'e', 'q', '_', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    };
    long bits = random.nextLong();
    for (int i = 4; i < text.length; i++) {
      if (i == 20) {
        bits = random.nextLong();
      }
      text[i] = HEX[(int) bits & 15];
      bits >>>= 4;
    }
    return new CallId(new String(text, 0));
  }
}

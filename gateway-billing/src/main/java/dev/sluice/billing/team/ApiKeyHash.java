package dev.sluice.billing.team;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;

/**
 * What is kept of a key: its HMAC-SHA-256. Written {@code hmac-sha256:} and 64 hexadecimal digits.
 * Immutable; compared in constant time. {@link #toString} shows only enough to tell two apart.
 */
public final class ApiKeyHash {

  /** How every text form starts. */
  public static final String PREFIX = "hmac-sha256:";

  private static final int HEX_DIGITS = 2 * ApiKeyHasher.DIGEST_BYTES;

  private final byte[] digest;

  ApiKeyHash(byte[] digest) {
    if (digest.length != ApiKeyHasher.DIGEST_BYTES) {
      throw new IllegalArgumentException("A digest has 32 bytes, not " + digest.length + ".");
    }
    this.digest = digest.clone();
  }

  /**
   * Reads the text form, in either case.
   *
   * @throws IllegalArgumentException with a message that says what is wrong as the end of a
   *     sentence ("… has 63 hexadecimal digits, not 64") and never repeats the text, which may be a
   *     key pasted by mistake
   */
  public static ApiKeyHash parse(String text) {
    if (ApiKey.isWellFormed(text)) {
      throw new IllegalArgumentException("is a key itself, not its hash");
    }
    if (!text.startsWith(PREFIX)) {
      throw new IllegalArgumentException("does not start with " + PREFIX);
    }
    String hex = text.substring(PREFIX.length());
    for (int i = 0; i < hex.length(); i++) {
      if (!HexFormat.isHexDigit(hex.charAt(i))) {
        throw new IllegalArgumentException(
            "has something else than a hexadecimal digit at place " + (i + 1) + " after the colon");
      }
    }
    if (hex.length() != HEX_DIGITS) {
      throw new IllegalArgumentException(
          "has " + hex.length() + " hexadecimal digits, not " + HEX_DIGITS);
    }
    return new ApiKeyHash(HexFormat.of().parseHex(hex.toLowerCase(Locale.ROOT)));
  }

  /** The text form. */
  public String text() {
    return PREFIX + HexFormat.of().formatHex(digest);
  }

  /** Whether {@code other} has the same 32 bytes; takes as long when it has not. */
  boolean isDigest(byte[] other) {
    return MessageDigest.isEqual(digest, other);
  }

  /** The first eight bytes: a place in a table, nothing to decide by. */
  long firstBytes() {
    return TeamDirectory.firstBytes(digest);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ApiKeyHash hash && isDigest(hash.digest);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(digest);
  }

  @Override
  public String toString() {
    return PREFIX + HexFormat.of().formatHex(digest, 0, 4) + "…";
  }
}

package dev.sluice.billing.team;

import java.security.SecureRandom;
import java.util.Base64;

/**
 * The form of the gateway's own keys: {@code slk_} and 43 characters of base64url, which are 32
 * random bytes. The prefix lets scanners for leaked secrets find one; the fixed length lets
 * anything else be refused before it costs a hash.
 */
public final class ApiKey {

  static final int LENGTH = 4 + 43;
  private static final String PREFIX = "slk_";

  private ApiKey() {}

  /** A new key. It is the only copy: what is kept is its {@link ApiKeyHash}. */
  public static String generate(SecureRandom random) {
    byte[] bytes = new byte[32];
    random.nextBytes(bytes);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Whether {@code text} has the form of a key; says nothing of whether it opens anything. */
  public static boolean isWellFormed(String text) {
    if (text.length() != LENGTH || !text.startsWith(PREFIX)) {
      return false;
    }
    for (int i = PREFIX.length(); i < LENGTH; i++) {
      char c = text.charAt(i);
      boolean base64url =
          (c >= 'A' && c <= 'Z')
              || (c >= 'a' && c <= 'z')
              || (c >= '0' && c <= '9')
              || c == '-'
              || c == '_';
      if (!base64url) {
        return false;
      }
    }
    return true;
  }
}

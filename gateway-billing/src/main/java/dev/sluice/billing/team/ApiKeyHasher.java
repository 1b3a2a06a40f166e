package dev.sluice.billing.team;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * HMAC-SHA-256 of keys under one secret (RFC 2104). A few microseconds a key, no lock, and no
 * garbage beyond what the JDK's own digest makes. Confined to one thread; make one for each.
 *
 * <p>Why a fast hash and not one made for passwords: a key is 256 random bits, so there is nothing
 * to guess, however fast guesses are. For the same reason {@link #DEFAULT_SECRET} may be known to
 * everyone. A secret of one's own additionally makes a stolen file of hashes useless for checking
 * whether some key is in it.
 */
public final class ApiKeyHasher {

  /** In use where none is configured. Public, and safe to be so: see the class comment. */
  public static final String DEFAULT_SECRET = "sluice: the keys themselves are random";

  static final int DIGEST_BYTES = 32;
  private static final String ALGORITHM = "HmacSHA256";

  private final Mac mac;
  private final byte[] keyBytes = new byte[ApiKey.LENGTH];

  /**
   * @param secret not empty
   */
  public ApiKeyHasher(String secret) {
    if (secret.isEmpty()) {
      throw new IllegalArgumentException("The secret for key hashes is empty; name one.");
    }
    try {
      mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM));
    } catch (GeneralSecurityException e) {
      // Every Java platform must have it (java.security.Provider, "HmacSHA256").
      throw new IllegalStateException(ALGORITHM + " is not available in this Java runtime.", e);
    }
  }

  /**
   * The digest of a key into {@code digest}, which takes 32 bytes.
   *
   * @param key well-formed, see {@link ApiKey#isWellFormed}
   */
  public void digest(String key, byte[] digest) {
    if (!ApiKey.isWellFormed(key)) {
      throw new IllegalArgumentException("This is not the form of a key.");
    }
    for (int i = 0; i < keyBytes.length; i++) {
      keyBytes[i] = (byte) key.charAt(i);
    }
    try {
      mac.update(keyBytes);
      mac.doFinal(digest, 0);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("A digest of 32 bytes did not fit " + digest.length, e);
    }
  }

  /** The hash of a key, to be kept. */
  public ApiKeyHash hash(String key) {
    byte[] digest = new byte[DIGEST_BYTES];
    digest(key, digest);
    return new ApiKeyHash(digest);
  }
}

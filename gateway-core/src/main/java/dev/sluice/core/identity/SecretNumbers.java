package dev.sluice.core.identity;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Numbers that follow from a secret, for a {@link Fingerprinter} that is to be the same after a
 * restart: HMAC-SHA-256 of a label and a counter, as in NIST SP 800-108 (section 4.1), four numbers
 * from each. Whoever does not hold the secret cannot tell them from random ones, nor find out one
 * from the others.
 *
 * <p>The same in every process and every version. So nothing here is left to algorithms of the JDK
 * that may change, as how it makes a bounded number of others may. Confined to one thread.
 */
public final class SecretNumbers implements RandomGenerator {

  public static final int SECRET_BYTES = 32;

  /** So that the same secret would give other numbers for another purpose. */
  private static final byte[] LABEL = "sluice fingerprint 1".getBytes(StandardCharsets.US_ASCII);

  private final Mac mac;
  private ByteBuffer left = ByteBuffer.allocate(0);
  private long block;

  /**
   * From their beginning.
   *
   * @param secret {@value #SECRET_BYTES} bytes; not kept
   */
  public SecretNumbers(byte[] secret) {
    if (secret.length != SECRET_BYTES) {
      throw new IllegalArgumentException("A secret of " + secret.length + " bytes");
    }
    try {
      mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
    } catch (GeneralSecurityException never) {
      throw new IllegalStateException("Every JDK has HMAC-SHA-256", never);
    }
  }

  @Override
  public long nextLong() {
    if (!left.hasRemaining()) {
      mac.update(LABEL);
      mac.update(ByteBuffer.allocate(Long.BYTES).putLong(block++).flip());
      left = ByteBuffer.wrap(mac.doFinal());
    }
    return left.getLong();
  }

  /** By rejection: uniform. */
  @Override
  public long nextLong(long bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("A bound of " + bound);
    }
    long mask = -1L >>> Long.numberOfLeadingZeros((bound - 1) | 1);
    long drawn = nextLong() & mask;
    while (drawn >= bound) {
      drawn = nextLong() & mask;
    }
    return drawn;
  }
}

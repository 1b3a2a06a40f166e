package dev.sluice.sse.replay;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes and checks the short-lived tokens with which a browser's {@code EventSource}, which cannot
 * send a header, fetches one stream: {@code GET /v1/streams/{id}?token=T}. A token opens that one
 * answer until it expires, and nothing else; it holds nothing that could be read out of it but the
 * time.
 *
 * <p>A token is base64url of the expiry, in 7 bytes, and of an HMAC-SHA256 over scope, call id and
 * expiry: 39 bytes, so that there are no spare bits in the last character and each token has
 * exactly one spelling.
 *
 * <p>Not thread-safe, because {@link Mac} is not: one instance per event loop, all with the
 * process's one secret, so that a token of one loop is valid on every other.
 */
public final class ResumeToken {

  /** Of the secret that the constructor asks for. */
  public static final int SECRET_BYTES = 32;

  private static final String ALGORITHM = "HmacSHA256";
  private static final int EXPIRY_BYTES = 7;
  private static final int MAC_BYTES = 32;
  private static final int LENGTH = (EXPIRY_BYTES + MAC_BYTES) / 3 * 4;
  private static final long EXPIRES_MAX = (1L << (8 * EXPIRY_BYTES - 1)) - 1;

  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
  private static final Base64.Decoder DECODER = Base64.getUrlDecoder();

  private final Mac mac;

  /**
   * @param secret random, made anew for each process: a token need not outlive the answers that it
   *     opens; copied
   * @throws IllegalArgumentException if it is not {@value #SECRET_BYTES} bytes long
   */
  public ResumeToken(byte[] secret) {
    if (secret.length != SECRET_BYTES) {
      throw new IllegalArgumentException(
          "The secret is " + secret.length + " bytes long, allowed " + SECRET_BYTES + ".");
    }
    try {
      mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(secret, ALGORITHM));
    } catch (InvalidKeyException e) {
      throw new IllegalArgumentException("The secret cannot be a key.", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every Java platform must have HmacSHA256.", e);
    }
  }

  /**
   * A token for one call.
   *
   * @param scope whose call it is, such as the team: another scope's equal id is another call
   * @param expiresEpochSeconds the first second in which it is no longer valid
   * @return 52 characters of {@code A–Z a–z 0–9 - _}
   */
  public String issue(String scope, String callId, long expiresEpochSeconds) {
    if (expiresEpochSeconds < 0 || expiresEpochSeconds > EXPIRES_MAX) {
      throw new IllegalArgumentException("No time to expire at: " + expiresEpochSeconds + ".");
    }
    byte[] token = new byte[EXPIRY_BYTES + MAC_BYTES];
    for (int i = 0; i < EXPIRY_BYTES; i++) {
      token[i] = (byte) (expiresEpochSeconds >> (8 * (EXPIRY_BYTES - 1 - i)));
    }
    byte[] signature = sign(scope, callId, expiresEpochSeconds);
    System.arraycopy(signature, 0, token, EXPIRY_BYTES, MAC_BYTES);
    return ENCODER.encodeToString(token);
  }

  /**
   * Whether a token opens a call now. Takes any text, and as long for a wrong token as for a right
   * one, so that a token cannot be found character by character.
   *
   * @param token as a client sent it
   */
  public boolean isValid(String token, String scope, String callId, long nowEpochSeconds) {
    if (token.length() != LENGTH) {
      return false;
    }
    byte[] bytes;
    try {
      bytes = DECODER.decode(token);
    } catch (IllegalArgumentException notBase64) {
      return false;
    }
    if (bytes.length != EXPIRY_BYTES + MAC_BYTES) {
      return false; // it ended in padding
    }
    long expires = 0;
    for (int i = 0; i < EXPIRY_BYTES; i++) {
      expires = expires << 8 | (bytes[i] & 0xff);
    }
    byte[] sent = new byte[MAC_BYTES];
    System.arraycopy(bytes, EXPIRY_BYTES, sent, 0, MAC_BYTES);
    return MessageDigest.isEqual(sent, sign(scope, callId, expires)) && nowEpochSeconds < expires;
  }

  /** Lengths go first, so that no two triples are the same bytes. */
  private byte[] sign(String scope, String callId, long expires) {
    byte[] scopeBytes = scope.getBytes(StandardCharsets.UTF_8);
    byte[] idBytes = callId.getBytes(StandardCharsets.UTF_8);
    ByteBuffer lengths = ByteBuffer.allocate(Long.BYTES + 2 * Integer.BYTES);
    mac.update(lengths.putLong(expires).putInt(scopeBytes.length).putInt(idBytes.length).array());
    mac.update(scopeBytes);
    return mac.doFinal(idBytes);
  }
}

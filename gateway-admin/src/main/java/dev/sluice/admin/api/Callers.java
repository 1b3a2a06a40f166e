package dev.sluice.admin.api;

import dev.sluice.billing.team.ApiKey;
import dev.sluice.billing.team.ApiKeyHash;
import dev.sluice.billing.team.ApiKeyHasher;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whose bearer token it is (RFC 6750 section 2.1). Only digests are kept and compared, each in
 * constant time and all of them each time, so that the time tells neither a token's length nor
 * which one it is like. Immutable, any thread.
 */
public final class Callers {

  private static final String SCHEME = "Bearer ";

  /** A token that has a name. */
  public record Named(Caller caller, ApiKeyHash hash) {}

  private final byte @Nullable [] tokenDigest;
  private final List<Named> named;
  private final String keySecret;

  /**
   * @param token of an operator, any text; or null
   * @param named other tokens, in the form of keys
   * @param keySecret under which their hashes were made
   */
  public Callers(@Nullable String token, List<Named> named, String keySecret) {
    this.tokenDigest = token == null ? null : digest(token);
    this.named = List.copyOf(named);
    this.keySecret = keySecret;
  }

  /** With one token, or none. */
  static Callers of(@Nullable String token) {
    return new Callers(token, List.of(), ApiKeyHasher.DEFAULT_SECRET);
  }

  /**
   * Who asks; null where they must present a token and do not.
   *
   * @param authorization the field's value, or null
   */
  @Nullable Caller caller(@Nullable String authorization) {
    if (tokenDigest == null && named.isEmpty()) {
      return new Caller(Caller.ANONYMOUS, Role.OPERATOR);
    }
    if (authorization == null
        || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return null;
    }
    String sent = authorization.substring(SCHEME.length()).trim();
    Caller found = null;
    if (tokenDigest != null && MessageDigest.isEqual(tokenDigest, digest(sent))) {
      found = new Caller(Caller.TOKEN, Role.OPERATOR);
    }
    if (ApiKey.isWellFormed(sent)) {
      ApiKeyHash hash = new ApiKeyHasher(keySecret).hash(sent);
      for (Named each : named) {
        if (each.hash().equals(hash)) {
          found = each.caller();
        }
      }
    }
    return found;
  }

  private static byte[] digest(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform must have SHA-256", e);
    }
  }
}

package dev.sluice.core.identity;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Where a call with an id stands in the index. Comparable, because clients choose ids: many with
 * one hash then cost a tree's look-up instead of a list's.
 */
record CallName(CallScope scope, String id) implements Comparable<CallName> {

  private static final int ID_LENGTH_MAX = 255;

  @Override
  public int compareTo(CallName other) {
    int byId = id.compareTo(other.id);
    if (byId != 0) {
      return byId;
    }
    int byTeam = scope.team().name().compareTo(other.scope.team().name());
    return byTeam != 0 ? byTeam : Long.compare(scope.credential(), other.scope.credential());
  }

  static String shortened(String id) {
    if (id.length() <= ID_LENGTH_MAX) {
      return id;
    }
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return "sha256:" + HexFormat.of().formatHex(sha.digest(id.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException missing) {
      throw new IllegalStateException("Every Java platform has SHA-256", missing);
    }
  }
}

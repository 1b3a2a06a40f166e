package dev.sluice.core.identity;

/**
 * What was asked, in 122 bits: method, target, fields that change the meaning, body. Comparable
 * only with those of a {@link Fingerprinter} with the same secret; says nothing about the request
 * to whoever does not hold that.
 */
public record Fingerprint(long high, long low) {

  /** For calls that are never compared. */
  static final Fingerprint NONE = new Fingerprint(0, 0);
}

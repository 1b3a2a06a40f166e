package dev.sluice.core.identity;

/**
 * What was asked, in 122 bits: method, target, fields that change the meaning, body. Comparable
 * only with those of the same {@link Fingerprinter}; says nothing about the request to whoever does
 * not hold its keys.
 */
public record Fingerprint(long high, long low) {

  /** For calls that are never compared. */
  static final Fingerprint NONE = new Fingerprint(0, 0);
}

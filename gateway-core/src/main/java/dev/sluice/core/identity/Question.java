package dev.sluice.core.identity;

/** Where calls without an id stand in the index. */
record Question(CallScope scope, Fingerprint fingerprint) {

  /** Of the fingerprint alone: it is keyed and spread evenly, and a name need not be read. */
  @Override
  public int hashCode() {
    return (int) fingerprint.low();
  }

  /** The fingerprint first: it is what differs. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Question(CallScope otherScope, Fingerprint(long high, long low))
        && low == fingerprint.low()
        && high == fingerprint.high()
        && otherScope.equals(scope);
  }
}

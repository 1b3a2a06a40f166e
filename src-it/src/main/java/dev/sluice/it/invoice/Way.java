package dev.sluice.it.invoice;

/** What becomes of a planned call. */
public enum Way {
  /** Its answer is read to the end. */
  READ(true, 50),
  /** Its client leaves at a random byte, and the call goes on to its end. */
  LEAVE(true, 12),
  /** The same, and it is asked again at once by the same id until an answer is whole. */
  AGAIN(true, 10),
  /** It is read to the end, and then once more by the same id. */
  REPLAY(true, 8),
  /** The provider refuses it at first, and then answers. */
  REFUSED(true, 6),
  /** Its client leaves, and the call goes on only while that may still pay. */
  LEAVE_BUDGET(false, 5),
  /** The same, and it is asked again by the same id. */
  AGAIN_BUDGET(false, 3),
  /** The provider breaks its answer off, or tells of an error in the middle of it. */
  CUT(false, 3),
  /** The provider does not say what it bills. */
  SILENT(false, 3);

  private static final Way[] ALL = values();

  private final boolean isCounted;
  private final int percent;

  Way(boolean isCounted, int percent) {
    this.isCounted = isCounted;
    this.percent = percent;
  }

  /**
   * Whether the provider says in the end what it has billed, so that only this may be in the
   * ledger.
   */
  public boolean isCounted() {
    return isCounted;
  }

  /** Whether its client asks again by an id of its own. */
  boolean isKeyed() {
    return switch (this) {
      case AGAIN, AGAIN_BUDGET, REPLAY -> true;
      case READ, LEAVE, REFUSED, LEAVE_BUDGET, CUT, SILENT -> false;
    };
  }

  /** Whether something must still be on its way when its client leaves. */
  boolean isPaced() {
    return switch (this) {
      case LEAVE, AGAIN, LEAVE_BUDGET, AGAIN_BUDGET -> true;
      case READ, REPLAY, REFUSED, CUT, SILENT -> false;
    };
  }

  /**
   * By their shares.
   *
   * @param chance 0 to 99
   */
  static Way of(int chance) {
    int left = chance;
    for (Way way : ALL) {
      left -= way.percent;
      if (left < 0) {
        return way;
      }
    }
    throw new IllegalArgumentException("The shares do not add up to " + chance);
  }
}

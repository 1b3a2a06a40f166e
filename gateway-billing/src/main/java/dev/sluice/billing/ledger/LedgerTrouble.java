package dev.sluice.billing.ledger;

/** The ledger cannot write now. Expected of disks; the message says what, which and why. */
final class LedgerTrouble extends Exception {

  /** What helps. */
  enum Kind {
    /** Trying again, with what is open: the disk is full, or another has locked the file. */
    WAIT,
    /** Opening anew, and trying again. */
    REOPEN,
    /** The file is damaged, or is something else: a new one is needed. */
    CORRUPT,
    /** Nothing: this row can never be written. */
    ROW
  }

  final transient Kind kind;

  LedgerTrouble(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  LedgerTrouble(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }
}

package dev.sluice.billing.ledger;

/** The ledger's file cannot be read now; the message says which and why. */
public final class LedgerUnreadable extends RuntimeException {
  LedgerUnreadable(String message, Throwable cause) {
    super(message, cause);
  }
}

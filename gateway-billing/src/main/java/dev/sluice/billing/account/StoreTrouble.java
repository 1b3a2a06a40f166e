package dev.sluice.billing.account;

/** The store does not do what it should; the message says what is the matter and what to do. */
final class StoreTrouble extends Exception {

  private static final long serialVersionUID = 1L;

  StoreTrouble(String message) {
    super(message);
  }

  StoreTrouble(String message, Throwable cause) {
    super(message, cause);
  }
}

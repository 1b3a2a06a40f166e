package dev.sluice.admin;

/** The gateway cannot start; the message says which value is at fault and what to do. */
public final class StartFailure extends RuntimeException {

  private static final long serialVersionUID = 1L;

  StartFailure(String message, Throwable cause) {
    super(message, cause);
  }
}

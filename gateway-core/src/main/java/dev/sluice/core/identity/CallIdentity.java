package dev.sluice.core.identity;

/** By what a request can be told to be a call that there is already. Always within its scope. */
public sealed interface CallIdentity {

  CallScope scope();

  Fingerprint fingerprint();

  /**
   * The client gave it an id: it is the call of that id and no other.
   *
   * @param id as sent; one longer than 255 characters becomes its SHA-256, because it is kept as
   *     long as the answer is, and only the bound on a request's head limits it
   */
  record Named(CallScope scope, Fingerprint fingerprint, String id) implements CallIdentity {
    public Named {
      id = CallName.shortened(id);
    }
  }

  /** No id, but the SDK says that it asks once more. */
  record Retry(CallScope scope, Fingerprint fingerprint) implements CallIdentity {}

  /** Nothing but what it asks. */
  record Anonymous(CallScope scope, Fingerprint fingerprint) implements CallIdentity {}
}

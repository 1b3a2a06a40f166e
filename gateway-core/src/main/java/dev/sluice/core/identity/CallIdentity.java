package dev.sluice.core.identity;
public sealed interface CallIdentity {
  CallScope scope();
  Fingerprint fingerprint();
  record Named(CallScope scope, Fingerprint fingerprint, String id) implements CallIdentity {}
  record Retry(CallScope scope, Fingerprint fingerprint) implements CallIdentity {}
  record Anonymous(CallScope scope, Fingerprint fingerprint) implements CallIdentity {}
}

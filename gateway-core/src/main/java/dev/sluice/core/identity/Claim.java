package dev.sluice.core.identity;
public sealed interface Claim<C> {
  record Opened<C>(IndexedCall<C> call) implements Claim<C> {}
  record Joined<C>(IndexedCall<C> call, How how) implements Claim<C> {}
  record Conflict<C>(Kind kind) implements Claim<C> {}
  enum How { JOINED, ADOPTED, REPLAYED }
  enum Kind { OTHER_BODY, IN_FLIGHT }
}

package dev.sluice.core.warm;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sends refreshes: calls of the gateway's own, which go the way of every call. */
@FunctionalInterface
public interface WarmCalls {

  /** What became of the entry. */
  enum Outcome {
    /** It was there, and lives for another lifetime. */
    READ,
    /** It was not, and is now. */
    WROTE,
    /** Nobody knows, or nothing was sent. */
    FAILED
  }

  /**
   * A refresh that has ended.
   *
   * @param costNanoUsd all of it; null where nobody knows, and then what it was expected to cost at
   *     most counts as spent
   */
  record Sent(Outcome outcome, @Nullable Long costNanoUsd) {}

  /** Whether there is a refresh for it; if not, none is tried. Must not block. */
  default boolean canSend(KnownPrefix prefix) {
    return true;
  }

  /**
   * Sends one. Must not block.
   *
   * @param then told once, on whichever thread; does not block
   */
  void send(KnownPrefix prefix, Consumer<Sent> then);
}

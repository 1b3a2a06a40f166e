package dev.sluice.core.warm;

import org.jspecify.annotations.Nullable;

/**
 * What is believed of one prompt cache entry at a moment. Immutable. Instants are those of the
 * process's {@code nanoTime}.
 *
 * @param id which entry; a key that is only compared
 * @param name under which it is registered; null where it was only seen in traffic
 * @param provider as the configuration calls it
 * @param model as requests name it
 * @param tokens that a read reads
 * @param isWarm whether it is believed to be readable
 * @param warmUntilNanos until when; of no meaning where it is not warm
 * @param lifetimeNanos that a use gives it, above 0
 * @param lastUseNanos by a client's call, never by a refresh; {@link #NEVER} for none yet
 * @param warmUpNanos measured time to the first byte of a write; 0 where it is not known
 */
public record KnownPrefix(
    Object id,
    @Nullable String name,
    String provider,
    String model,
    long tokens,
    boolean isWarm,
    long warmUntilNanos,
    long lifetimeNanos,
    long lastUseNanos,
    long warmUpNanos) {

  public static final long NEVER = Long.MIN_VALUE;

  public KnownPrefix {
    if (tokens < 0 || lifetimeNanos <= 0 || warmUpNanos < 0) {
      throw new IllegalArgumentException(
          tokens + " tokens for " + lifetimeNanos + " ns, warm after " + warmUpNanos + " ns");
    }
  }

  /** Life that is left; not above 0 where there is none. */
  long remainingNanos(long now) {
    return isWarm ? warmUntilNanos - now : 0;
  }
}

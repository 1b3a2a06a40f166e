package dev.sluice.core.flow;

import dev.sluice.core.dialect.Refusal;
import org.jspecify.annotations.Nullable;

/** The time limits of one call: in all, to the first byte, and between contents. Pure. */
final class CallLimits {

  /** How long a provider may take to end a connection whose answer is whole already. */
  static final long LINGER_NANOS = 2_000_000_000L;

  private CallLimits() {}

  /** The limit that has passed, in words, or null. */
  static @Nullable Refusal passed(Exchange x, long nowNanos) {
    if (nowNanos >= totalEnd(x)) {
      return Failures.totalTimeout(x.policy.totalTimeout());
    }
    if (nowNanos >= silenceEnd(x, nowNanos)) {
      return x.firstByteNanos == 0
          ? Failures.firstByteTimeout(x.policy.firstByteTimeout())
          : Failures.idleLimit(x.policy.idleLimit());
    }
    return null;
  }

  /** When to look again. */
  static long next(Exchange x, long nowNanos) {
    long own = Math.min(x.orphanUntilNanos, Math.min(totalEnd(x), silenceEnd(x, nowNanos)));
    return x.pass == null ? own : Math.min(own, x.pass.giveUpAtNanos());
  }

  private static long totalEnd(Exchange x) {
    return x.request.startedNanos + x.policy.totalTimeout().toNanos();
  }

  /** A provider that the gateway itself does not read from is not silent. */
  private static long silenceEnd(Exchange x, long nowNanos) {
    if (x.firstByteNanos != 0) {
      long since =
          x.isPaused
              ? nowNanos
              : Math.max(
                  x.firstByteNanos, Math.max(x.resumedNanos, x.journal().lastActivityNanos()));
      return since + x.policy.idleLimit().toNanos();
    }
    long since = x.sentNanos != 0 ? x.sentNanos : nowNanos;
    return since + x.policy.firstByteTimeout().toNanos();
  }
}

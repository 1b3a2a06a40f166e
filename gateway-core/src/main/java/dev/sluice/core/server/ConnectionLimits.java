package dev.sluice.core.server;

import io.netty.util.AsciiString;

/** The settings as one connection uses them: nanoseconds, and bytes made once. Immutable. */
final class ConnectionLimits {

  /** A connection that never sends anything is kept this many head times, or the idle time. */
  private static final int FRESH_HEAD_TIMES = 3;

  /** Writes are looked at this often within the stall limit. */
  private static final int STALL_LOOKS = 4;

  final long headNanos;
  final long freshNanos;
  final long idleNanos;
  final long stallNanos;
  final long stallLookNanos;
  final long bodyRateMin;
  final int requestsMax;

  /** {@code Connection} and {@code Keep-Alive} of an answer after which the connection is kept. */
  final AsciiString keptFields;

  ConnectionLimits(ServerSettings settings) {
    headNanos = settings.headTime().toNanos();
    idleNanos = settings.clientIdle().toNanos();
    freshNanos = Math.min(idleNanos, Math.multiplyExact(headNanos, FRESH_HEAD_TIMES));
    stallNanos = settings.writeStall().toNanos();
    stallLookNanos = Math.max(1, stallNanos / STALL_LOOKS);
    bodyRateMin = settings.bodyRateMinBytes();
    requestsMax = settings.requestsPerConnectionMax();
    // The client must let go first: a request sent into our close is lost, and half of them were
    // where a client did not know the limit.
    long idleSeconds = settings.clientIdle().toSeconds();
    long announced = idleSeconds - Math.max(1, idleSeconds / 20);
    keptFields =
        AsciiString.cached(
            announced > 0
                ? "Connection: keep-alive\r\nKeep-Alive: timeout=" + announced + "\r\n"
                : "Connection: keep-alive\r\n");
  }
}

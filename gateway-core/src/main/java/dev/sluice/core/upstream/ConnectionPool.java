package dev.sluice.core.upstream;

import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.EventLoop;
import io.netty.resolver.AddressResolverGroup;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one loop to one provider. The one used last is used first, so that those in
 * excess grow old and go. Requests beyond the bound wait in order. Confined to the loop, but for
 * {@link #stats}.
 */
final class ConnectionPool {
  private final Provider provider;
  private final EventLoop loop;
  private final SilenceWheel wheel;
  private final Bootstrap bootstrap;
  private final AddressResolverGroup<InetSocketAddress> dns;
  private final int connectionsMax;
  private final int queueMax;
  private final long queueTimeoutNanos;
  private final long idleMaxNanos;
  private final long ageMaxNanos;

  private final ArrayDeque<UpstreamConnection> idle = new ArrayDeque<>();
  private final ArrayDeque<UpstreamCall> waiting = new ArrayDeque<>();
  private int open;
  private boolean isClosed;

  /** Calls that will want a connection soon, all at once; and connections on their way for them. */
  private int expected;

  private int spares;

  private volatile PoolStats stats; // written on the loop, read by whoever draws metrics

  ConnectionPool(
      Provider provider,
      EventLoop loop,
      SilenceWheel wheel,
      Bootstrap bootstrap,
      AddressResolverGroup<InetSocketAddress> dns) {
    this.provider = provider;
    this.loop = loop;
    this.wheel = wheel;
    this.bootstrap = bootstrap;
    this.dns = dns;
    UpstreamSettings settings = provider.settings();
    this.connectionsMax = settings.connectionsMax();
    this.queueMax = settings.queueMax();
    this.queueTimeoutNanos = settings.queueTimeout().toNanos();
    this.idleMaxNanos = settings.idleMax().toNanos();
    this.ageMaxNanos = settings.ageMax().toNanos();
    this.stats = new PoolStats(provider.name(), 0, 0, 0);
  }

  Provider provider() {
    return provider;
  }

  String name() {
    return provider.name();
  }

  boolean inLoop() {
    return loop.inEventLoop();
  }

  long idleMaxNanos() {
    return idleMaxNanos;
  }

  long retireAtNanos(long openedNanos, long idleSinceNanos) {
    return Math.min(openedNanos + ageMaxNanos, idleSinceNanos + idleMaxNanos);
  }

  /** From any thread. */
  PoolStats stats() {
    return stats;
  }

  /** Finds a connection for a new call. Tells a refusal only after the caller has returned. */
  void take(UpstreamCall call) {
    if (isClosed) {
      refuse(call, "gateway_stopping", "the gateway is stopping");
    } else if (!takeIdle(call)) {
      if (open < connectionsMax) {
        connect(call);
      } else if (waiting.size() < queueMax) {
        queue(call, false);
      } else {
        refuse(
            call,
            "upstream_queue_full",
            connectionsMax + " connections are busy and " + queueMax + " requests wait for one");
      }
    }
    count();
  }

  private boolean takeIdle(UpstreamCall call) {
    long nowNanos = wheel.nanoTime();
    for (UpstreamConnection last = idle.pollLast(); last != null; last = idle.pollLast()) {
      if (last.mayCarry(nowNanos)) {
        last.carry(call, nowNanos);
        return true;
      }
      last.close();
    }
    return false;
  }

  private void queue(UpstreamCall call, boolean first) {
    call.waits();
    if (first) {
      waiting.addFirst(call);
    } else {
      waiting.addLast(call);
    }
    wheel.watch(call, wheel.nanoTime() + queueTimeoutNanos);
  }

  private @Nullable UpstreamCall nextWaiting() {
    UpstreamCall next = waiting.pollFirst();
    if (next != null) {
      next.waitsNoMore();
      wheel.forget(next);
    }
    return next;
  }

  /** A call will come soon, with many others: a connection is opened for it meanwhile. */
  void expect() {
    expected++;
    if (!isClosed && idle.size() + spares < expected && open < connectionsMax) {
      spares++;
      connect(null);
      count();
    }
  }

  /** It comes now, or not at all. What was opened for it stays, and grows old if nobody uses it. */
  void expectNoMore() {
    expected--;
  }

  private void connect(@Nullable UpstreamCall call) {
    open++;
    new Connecting(this, provider, call, bootstrap, loop, wheel).start(dns);
  }

  private void connectForWaiting() {
    while (open < connectionsMax && !waiting.isEmpty()) {
      UpstreamCall next = nextWaiting();
      if (next != null) {
        connect(next);
      }
    }
  }

  private void refuse(UpstreamCall call, String code, String what) {
    UpstreamFailure failure = new UpstreamFailure.NeverSent(code, provider.address() + ": " + what);
    loop.execute(() -> call.fail(failure));
  }

  // From attempts

  /**
   * A connection is there.
   *
   * @param call for which it was opened; null for one that is only expected
   */
  void opened(UpstreamConnection connection, @Nullable UpstreamCall call) {
    long nowNanos = wheel.nanoTime();
    connection.opened(nowNanos);
    spares -= call == null ? 1 : 0;
    if (call == null || call.isOver()) {
      release(connection, nowNanos);
    } else {
      connection.carry(call, nowNanos);
    }
    count();
  }

  /** May come on the stack of {@link #take}. */
  void notOpened(Connecting attempt, UpstreamFailure failure) {
    loop.execute(
        () -> {
          open--;
          UpstreamCall call = attempt.call();
          if (call == null) {
            spares--;
          } else {
            call.fail(failure);
          }
          connectForWaiting();
          count();
        });
  }

  // From connections

  /** Ready for the next request. */
  void release(UpstreamConnection connection, long nowNanos) {
    if (isClosed || nowNanos - connection.openedNanos() >= ageMaxNanos) {
      connection.close();
      return;
    }
    UpstreamCall next = nextWaiting();
    if (next != null) {
      connection.carry(next, nowNanos);
    } else {
      idle.addLast(connection);
    }
    count();
  }

  /**
   * A connection is closed.
   *
   * @param orphan a call that it was to carry, of which nothing has been accepted
   */
  void gone(UpstreamConnection connection, @Nullable UpstreamCall orphan) {
    open--;
    idle.removeLastOccurrence(connection);
    if (orphan != null) {
      again(orphan);
    }
    connectForWaiting();
    count();
  }

  /** Once with a connection that was just opened: a second loss is no stale connection. */
  private void again(UpstreamCall orphan) {
    if (isClosed) {
      refuse(orphan, "gateway_stopping", "the gateway is stopping");
    } else if (orphan.wasReplaced() || !takeIdle(orphan)) {
      if (open < connectionsMax) {
        connect(orphan);
      } else {
        queue(orphan, true);
      }
    }
  }

  // From waiting calls

  void waitedTooLong(UpstreamCall call) {
    if (waiting.remove(call)) {
      call.waitsNoMore();
      call.fail(
          new UpstreamFailure.NeverSent(
              "upstream_queue_timeout",
              "%s: no connection became free within %s; %d are busy"
                  .formatted(
                      provider.address(), provider.settings().queueTimeout(), connectionsMax)));
      count();
    }
  }

  void withdraw(UpstreamCall call) {
    waiting.remove(call);
    call.waitsNoMore();
    wheel.forget(call);
    count();
  }

  /** No new requests; those under way go on. */
  void close() {
    isClosed = true;
    for (UpstreamCall next = nextWaiting(); next != null; next = nextWaiting()) {
      refuse(next, "gateway_stopping", "the gateway is stopping");
    }
    for (UpstreamConnection last = idle.pollLast(); last != null; last = idle.pollLast()) {
      last.close();
    }
    count();
  }

  private void count() {
    stats = new PoolStats(provider.name(), open, idle.size(), waiting.size());
  }
}

package dev.sluice.core.server;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * All client connections of a server, over all loops: the one place of this room that is shared
 * between threads, touched when a connection comes and goes, not per request.
 */
final class Connections {
  private final int max;
  private final AtomicInteger open = new AtomicInteger();
  private final LongAdder turnedAway = new LongAdder();
  private final Set<RequestHandler<?>> all = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<Integer> drained = new CompletableFuture<>();
  private volatile boolean isDraining;

  Connections(int max) {
    this.max = max;
  }

  /** Whether there is room for one more; a true answer must be followed by {@link #gone}. */
  boolean admit() {
    if (isDraining) {
      turnedAway.increment();
      return false;
    }
    if (open.incrementAndGet() > max) {
      open.decrementAndGet();
      turnedAway.increment();
      return false;
    }
    return true;
  }

  void opened(RequestHandler<?> connection) {
    all.add(connection);
  }

  void gone(RequestHandler<?> connection) {
    all.remove(connection);
    if (open.decrementAndGet() == 0 && isDraining) {
      drained.complete(0);
    }
  }

  int open() {
    return open.get();
  }

  long turnedAway() {
    return turnedAway.sum();
  }

  boolean isDraining() {
    return isDraining;
  }

  Set<RequestHandler<?>> all() {
    return all;
  }

  /** From now on none is admitted; completes when none is left. */
  CompletableFuture<Integer> drain() {
    isDraining = true;
    if (open.get() == 0) {
      drained.complete(0);
    }
    return drained;
  }
}

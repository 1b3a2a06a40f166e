package dev.sluice.it.invoice;

import dev.sluice.it.load.Attempt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients that ask what was planned, one call after the other each. Where nobody listens they try
 * again; where a connection breaks they go on with the next call.
 */
public final class Crowd {

  private static final int CLIENTS = 64;
  private static final int ATTEMPTS_MAX = 6;
  private static final int NOBODY_THERE_MILLIS = 100;

  /** How an attempt ended, in one word. */
  private static final String WHOLE = "whole";

  private final int port;
  private final String round;
  private final long seed;
  private final int calls;
  private final int paceMillis;
  private final boolean isSlow;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicLong answered = new AtomicLong();
  private volatile boolean isStopped;

  // Guarded by itself.
  private final Map<String, Long> told = new TreeMap<>();

  private Crowd(int port, String round, long seed, int calls, int paceMillis, boolean isSlow) {
    this.port = port;
    this.round = round;
    this.seed = seed;
    this.calls = calls;
    this.paceMillis = paceMillis;
    this.isSlow = isSlow;
  }

  /**
   * So many calls, as fast as they are answered.
   *
   * @param round a word, the beginning of all ids
   */
  public static Crowd asking(int port, String round, long seed, int calls) {
    return new Crowd(port, round, seed, calls, 4, false);
  }

  /** Calls without end, of which many are at work at any moment. */
  public static Crowd busy(int port, String round, long seed) {
    return new Crowd(port, round, seed, Integer.MAX_VALUE, 20, true);
  }

  /** Returns when all has been asked, or after {@link #stop}. */
  public void play() throws InterruptedException, ExecutionException {
    List<Future<?>> ends = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CLIENTS; i++) {
        ends.add(
            clients.submit(
                () -> {
                  client();
                  return null;
                }));
      }
    }
    for (Future<?> end : ends) {
      end.get();
    }
  }

  /** No new calls; those at work are read to their end. Any thread. */
  public void stop() {
    isStopped = true;
  }

  /** Attempts that were answered by now, be it only in part. Any thread. */
  public long answered() {
    return answered.get();
  }

  /** What was said to how many attempts, by {@code WAY: STATUS HOW}. */
  public Map<String, Long> told() {
    synchronized (told) {
      return new TreeMap<>(told);
    }
  }

  /** Attempts of ways that are to be answered whole, and were not. */
  public List<String> failures() {
    return told().entrySet().stream()
        .filter(entry -> !isRight(entry.getKey()))
        .map(entry -> entry.getValue() + " × " + entry.getKey())
        .toList();
  }

  private static boolean isRight(String what) {
    Way way = Way.valueOf(what.substring(0, what.indexOf(':')));
    String rest = what.substring(what.indexOf(':') + 2);
    return switch (way) {
      case READ, REPLAY, SILENT -> rest.startsWith("200 " + WHOLE);
      case REFUSED -> rest.matches("(200|429|500|529) " + WHOLE + ".*");
      case LEAVE, AGAIN, LEAVE_BUDGET, AGAIN_BUDGET ->
          rest.startsWith("200") || rest.startsWith("0 cut");
      case CUT -> rest.startsWith("200") || rest.startsWith("502 " + WHOLE);
    };
  }

  private void client() throws InterruptedException {
    while (!isStopped) {
      int number = next.getAndIncrement();
      if (number >= calls) {
        return;
      }
      ask(PlannedCall.of(round, seed, number, paceMillis, isSlow));
    }
  }

  private void ask(PlannedCall call) throws InterruptedException {
    switch (call.way()) {
      case READ, CUT, SILENT -> attempt(call, 0, false);
      case LEAVE, LEAVE_BUDGET -> attempt(call, 0, true);
      case REPLAY, REFUSED -> {
        attempt(call, 0, false);
        attempt(call, 1, false);
      }
      case AGAIN, AGAIN_BUDGET -> {
        boolean isWhole = attempt(call, 0, true);
        for (int i = 1; i < ATTEMPTS_MAX && !isWhole; i++) {
          isWhole = attempt(call, i, false);
        }
      }
    }
  }

  /** Whether its answer was whole. */
  private boolean attempt(PlannedCall call, int number, boolean leaves)
      throws InterruptedException {
    byte[] request = call.request(number);
    Attempt attempt;
    do {
      attempt =
          leaves
              ? Attempt.cut(port, request, call.after(), call.cut())
              : Attempt.whole(port, request);
      if (!attempt.wasConnected()) {
        TimeUnit.MILLISECONDS.sleep(NOBODY_THERE_MILLIS);
      }
    } while (!attempt.wasConnected() && !isStopped);
    if (attempt.status() != 0) {
      answered.incrementAndGet();
    }
    String how = attempt.field("Sluice-Replay");
    String what =
        call.way()
            + ": "
            + attempt.status()
            + (attempt.isWhole() ? " " + WHOLE : " cut")
            + (how.isEmpty() ? "" : " " + how)
            + (attempt.problem().isEmpty() ? "" : " " + attempt.problem());
    synchronized (told) {
      told.merge(what, 1L, Long::sum);
    }
    return attempt.isWhole() && attempt.status() == 200;
  }
}

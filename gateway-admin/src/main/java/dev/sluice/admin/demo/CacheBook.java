package dev.sluice.admin.demo;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the scripted provider's prompt cache was asked, request by request, in the order in which it
 * looked. Safe for any thread.
 */
public final class CacheBook {

  /** Requests that are kept; later ones are not. */
  static final int VISITS_MAX = 200_000;

  /**
   * One request with a prompt that is cached. Times are the provider's {@link System#nanoTime}.
   *
   * @param entry of its last breakpoint: account, model and all that stands before
   * @param id the request's {@code x-call}, or "-"
   * @param tokens up to there
   * @param cachedTokens of them read from the cache
   * @param writtenTokens of them written to it
   * @param arrivedNanos when its head came
   * @param wholeNanos when its last byte came
   * @param begunNanos when the first byte of its answer's body left; 0 if none has
   * @param overNanos when its answer was over, or its peer gone; 0 if it goes on
   */
  public record Use(
      String entry,
      String id,
      String model,
      long tokens,
      long cachedTokens,
      long writtenTokens,
      long arrivedNanos,
      long wholeNanos,
      long begunNanos,
      long overNanos) {

    /** Whether something was written, whatever became of the answer. */
    public boolean isWrite() {
      return writtenTokens > 0;
    }

    /** As a line of {@code GET /scripted/cache}. */
    String text() {
      return String.join(
          " ",
          entry,
          id,
          model.replaceAll("[^!-~]", "_"),
          Long.toString(tokens),
          Long.toString(cachedTokens),
          Long.toString(writtenTokens),
          Long.toString(arrivedNanos),
          Long.toString(wholeNanos),
          Long.toString(begunNanos),
          Long.toString(overNanos));
    }

    /** Reads such a line. */
    public static Use parse(String line) {
      String[] word = line.split(" ", -1);
      return new Use(
          word[0],
          word[1],
          word[2],
          Long.parseLong(word[3]),
          Long.parseLong(word[4]),
          Long.parseLong(word[5]),
          Long.parseLong(word[6]),
          Long.parseLong(word[7]),
          Long.parseLong(word[8]),
          Long.parseLong(word[9]));
    }
  }

  /**
   * What became of one entry.
   *
   * @param writes requests that wrote it, wholly or in part
   * @param reads requests that only read it
   * @param writersPeak most writes at the same time whose answers had not begun
   */
  public record Entry(String entry, long writes, long reads, int writersPeak) {}

  /** A line that is not finished. Its times are told by the provider's loop. */
  static final class Visit {
    private final Use start;
    private final AtomicLong begun = new AtomicLong();
    private final AtomicLong over = new AtomicLong();

    private Visit(Use start) {
      this.start = start;
    }

    long arrivedNanos() {
      return start.arrivedNanos();
    }

    void begun(long nanos) {
      begun.compareAndSet(0, nanos);
    }

    void over(long nanos) {
      over.compareAndSet(0, nanos);
    }

    private Use now() {
      return new Use(
          start.entry(),
          start.id(),
          start.model(),
          start.tokens(),
          start.cachedTokens(),
          start.writtenTokens(),
          start.arrivedNanos(),
          start.wholeNanos(),
          begun.get(),
          over.get());
    }
  }

  private final ConcurrentLinkedQueue<Visit> visits = new ConcurrentLinkedQueue<>();
  private final AtomicLong count = new AtomicLong();

  CacheBook() {}

  Visit add(
      String entry,
      String id,
      String model,
      long tokens,
      long cached,
      long written,
      long arrivedNanos,
      long wholeNanos) {
    Visit visit =
        new Visit(
            new Use(entry, id, model, tokens, cached, written, arrivedNanos, wholeNanos, 0, 0));
    if (count.incrementAndGet() <= VISITS_MAX) {
      visits.add(visit);
    }
    return visit;
  }

  /** A copy. */
  public List<Use> uses() {
    return visits.stream().map(Visit::now).toList();
  }

  /** Requests that wrote. */
  public long writes() {
    return uses().stream().filter(Use::isWrite).count();
  }

  /** Requests that found all that they had to find. */
  public long reads() {
    return uses().stream().filter(use -> !use.isWrite()).count();
  }

  /** Forgets all requests; what is in the cache stays there. */
  public void forget() {
    visits.clear();
    count.set(0);
  }

  /** By entry, in the order of their first use. */
  public List<Entry> entries() {
    return entries(uses());
  }

  /** The same of some uses. */
  public static List<Entry> entries(List<Use> uses) {
    Map<String, List<Use>> byEntry = new LinkedHashMap<>();
    uses.forEach(use -> byEntry.computeIfAbsent(use.entry(), _ -> new ArrayList<>()).add(use));
    List<Entry> entries = new ArrayList<>();
    byEntry.forEach(
        (entry, all) -> {
          long writes = all.stream().filter(Use::isWrite).count();
          entries.add(new Entry(entry, writes, all.size() - writes, writersPeak(all)));
        });
    return entries;
  }

  private record Change(long nanos, int by) {}

  private static int writersPeak(List<Use> uses) {
    List<Change> changes = new ArrayList<>();
    for (Use use : uses) {
      if (use.isWrite()) {
        changes.add(new Change(use.arrivedNanos(), 1));
        long end = use.begunNanos() != 0 ? use.begunNanos() : use.overNanos();
        if (end != 0) {
          changes.add(new Change(end, -1));
        }
      }
    }
    changes.sort(Comparator.comparingLong(Change::nanos));
    int now = 0;
    int peak = 0;
    for (Change change : changes) {
      now += change.by();
      peak = Math.max(peak, now);
    }
    return peak;
  }

  /** One request a line. */
  String text() {
    StringBuilder text = new StringBuilder();
    uses().forEach(use -> text.append(use.text()).append('\n'));
    return text.toString();
  }
}

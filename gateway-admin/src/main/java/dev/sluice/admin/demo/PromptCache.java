package dev.sluice.admin.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A provider's prompt cache. An entry can be read once the first answer that writes it has begun,
 * and lives from the start of the request that wrote or last used it. Entries are written at
 * breakpoints only, and looked for up to twenty blocks before one (Anthropic's prompt caching
 * page). Entries of two accounts or two models never meet. Confined to the provider's loop.
 */
final class PromptCache {

  /** Shorter prompts are silently not cached: the minimum of most models. */
  static final long TOKENS_MIN = 1_024;

  private static final int LOOK_BACK = 20;
  private static final int ENTRIES_MAX = 10_000;
  private static final int BYTES_PER_TOKEN = 4;

  private final CacheBook book;
  private final Map<Key, Stored> entries =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Stored> eldest) {
          return size() > ENTRIES_MAX;
        }
      };

  PromptCache(CacheBook book) {
    this.book = book;
  }

  private record Key(String account, String model, long hash) {
    /** Tells it from others; does not tell the account. */
    String name() {
      return Long.toHexString(hash ^ ((long) account.hashCode() << 32 | model.hashCode()));
    }
  }

  /** The prompt up to the end of one block. */
  private record Point(Key key, long tokens, CachePrompt.@Nullable Life breakpoint) {}

  /** Times are nanoseconds of {@link System#nanoTime}. */
  private record Stored(long readableFrom, long expires, long lifeNanos) {
    boolean isReadable(long now) {
      return now - readableFrom >= 0 && now - expires < 0;
    }

    Stored usedAt(long start) {
      long renewed = start + lifeNanos;
      return renewed - expires > 0 ? new Stored(readableFrom, renewed, lifeNanos) : this;
    }
  }

  /** What will be written once the answer begins. */
  private record Pending(Key key, long lifeNanos) {}

  /**
   * What the cache did for one request. Of tokens that are written, those behind each breakpoint
   * have its lifetime.
   *
   * @param written for less than an hour
   */
  record Visit(
      long cached, long written, long written1h, List<Pending> pending, CacheBook.Visit line) {

    boolean isRead() {
      return written + written1h == 0;
    }
  }

  /**
   * Looks a request up, and counts it.
   *
   * @param id for the books
   * @param arrivedNanos when its head came: entries live from here
   * @param wholeNanos when its last byte came: what can be read then, is
   * @return null where its prompt is none that is cached
   */
  @Nullable Visit look(
      Script script,
      String id,
      String account,
      String model,
      CachePrompt prompt,
      long arrivedNanos,
      long wholeNanos) {
    List<Point> points = points(account, model, prompt);
    int last = lastBreakpoint(points);
    if (last < 0) {
      return null;
    }
    int read = readable(points, wholeNanos);
    for (int i = 0; i <= read; i++) {
      entries.computeIfPresent(points.get(i).key(), (_, entry) -> entry.usedAt(arrivedNanos));
    }
    long before = read < 0 ? 0 : points.get(read).tokens();
    long cached = before;
    long written = 0;
    long written1h = 0;
    List<Pending> pending = new ArrayList<>();
    for (int i = read + 1; i <= last; i++) {
      Point point = points.get(i);
      CachePrompt.Life life = point.breakpoint();
      if (life != null && point.tokens() >= TOKENS_MIN) {
        boolean isHour = life == CachePrompt.Life.HOUR;
        written += isHour ? 0 : point.tokens() - before;
        written1h += isHour ? point.tokens() - before : 0;
        before = point.tokens();
        pending.add(new Pending(point.key(), lifeNanos(script, life)));
      }
    }
    Point end = points.get(last);
    CacheBook.Visit line =
        book.add(
            end.key().name(),
            id,
            model,
            end.tokens(),
            cached,
            written + written1h,
            arrivedNanos,
            wholeNanos);
    return new Visit(cached, written, written1h, pending, line);
  }

  private static long lifeNanos(Script script, CachePrompt.Life life) {
    return script.life().isZero()
        ? Duration.ofSeconds(life.seconds).toNanos()
        : script.life().toNanos();
  }

  private static List<Point> points(String account, String model, CachePrompt prompt) {
    List<Point> points = new ArrayList<>();
    long hash = 0;
    long bytes = 0;
    for (CachePrompt.Block block : prompt.blocks()) {
      hash = hash * 0x9E3779B97F4A7C15L + block.hash();
      bytes += block.bytes();
      points.add(
          new Point(new Key(account, model, hash), bytes / BYTES_PER_TOKEN, block.breakpoint()));
    }
    return points;
  }

  /** The last one behind which enough stands, or -1. */
  private static int lastBreakpoint(List<Point> points) {
    for (int i = points.size() - 1; i >= 0; i--) {
      if (points.get(i).breakpoint() != null && points.get(i).tokens() >= TOKENS_MIN) {
        return i;
      }
    }
    return -1;
  }

  /** The last block up to which an entry can be read, or -1. */
  private int readable(List<Point> points, long now) {
    for (int i = points.size() - 1; i >= 0; i--) {
      if (points.get(i).breakpoint() != null) {
        for (int j = i; j >= 0 && j > i - LOOK_BACK; j--) {
          Stored entry = entries.get(points.get(j).key());
          if (entry != null && entry.isReadable(now)) {
            return j;
          }
        }
      }
    }
    return -1;
  }

  /** The first byte of the answer's body is written. */
  void begun(Visit visit, long now) {
    visit.line().begun(now);
    for (Pending each : visit.pending()) {
      long expires = visit.line().arrivedNanos() + each.lifeNanos();
      Stored known = entries.get(each.key());
      entries.put(
          each.key(),
          known == null || !known.isReadable(now)
              ? new Stored(now, expires, each.lifeNanos())
              : known.usedAt(visit.line().arrivedNanos()));
    }
  }
}

package dev.sluice.sse.keepalive;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * At which age of silence clients vanish, per class of network path, and what limit that betrays.
 * Whoever cuts idle connections does so at one age, again and again; people who give up do so at
 * any age. So a narrow peak is somebody's limit: 30 s, 55 s (Heroku), 60 s (nginx, AWS ALB), 100 s
 * (Cloudflare), 300 s (Azure) are the usual ones.
 *
 * <p>Any thread, without locks: counters are atomic, and a new class replaces the table by
 * compare-and-set. Bounded: {@link #CLASSES_MAX} classes, the rest is counted together.
 */
public final class IdleLimits {

  /** Classes with a histogram of their own. */
  public static final int CLASSES_MAX = 64;

  /** The class in which all classes beyond {@link #CLASSES_MAX} are counted. */
  public static final String OTHER = "other";

  // The width of a bucket.
  private static final long HALF_SECOND_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int BUCKETS = 640; // up to 320 s; one more for all that is older
  private static final int FIRST_TELLING = bucketOf(TimeUnit.SECONDS.toNanos(10));
  private static final int PEAK_BUCKETS = 6; // 3 s: one age ± 1.5 s
  private static final int PEAK_COUNT_MIN = 5;
  private static final long[] USUAL_SECONDS = {30, 55, 60, 100, 120, 300};
  private static final long USUAL_WITHIN_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);

  private final AtomicReference<Map<String, AtomicLongArray>> histograms =
      new AtomicReference<>(Map.of());

  /**
   * What is known now. Immutable.
   *
   * @param classes in no particular order
   */
  public record Report(List<PathClass> classes) {
    public Report {
      classes = List.copyOf(classes);
    }
  }

  /**
   * One class of network path.
   *
   * @param name as recorded, or {@link IdleLimits#OTHER}
   * @param vanished clients that vanished in all
   * @param buckets by age of silence, youngest first; empty ones are left out
   * @param likelyLimit the idle limit that the ages point to, or null where they point to none. It
   *     is stated when at least 5 clients vanished, and at least half of all that had been silent
   *     for 10 s or longer, within 3 s of one another: the usual limit within 1.5 s of their mean,
   *     else their mean in whole seconds
   */
  public record PathClass(
      String name, long vanished, List<Bucket> buckets, @Nullable Duration likelyLimit) {
    public PathClass {
      buckets = List.copyOf(buckets);
    }
  }

  /**
   * Clients that vanished at about one age.
   *
   * @param from youngest age of silence
   * @param to first age that is too old, or null: the last bucket has no end
   */
  public record Bucket(Duration from, @Nullable Duration to, long vanished) {}

  /**
   * A client has vanished.
   *
   * @param pathClass bounded in number by the caller, see {@link #CLASSES_MAX}; never an address of
   *     one host
   * @param silenceNanos since it was last sent a byte
   */
  public void record(String pathClass, long silenceNanos) {
    histogram(pathClass).incrementAndGet(bucketOf(silenceNanos));
  }

  /** What is known now. */
  public Report report() {
    List<PathClass> classes = new ArrayList<>();
    known().forEach((name, histogram) -> classes.add(describe(name, histogram)));
    return new Report(classes);
  }

  private Map<String, AtomicLongArray> known() {
    return requireNonNull(histograms.get());
  }

  private AtomicLongArray histogram(String pathClass) {
    while (true) {
      Map<String, AtomicLongArray> known = known();
      int named = known.containsKey(OTHER) ? known.size() - 1 : known.size();
      String name = known.containsKey(pathClass) || named < CLASSES_MAX ? pathClass : OTHER;
      AtomicLongArray histogram = known.get(name);
      if (histogram != null) {
        return histogram;
      }
      Map<String, AtomicLongArray> more = new HashMap<>(known);
      more.put(name, new AtomicLongArray(BUCKETS + 1));
      histograms.compareAndSet(known, Map.copyOf(more));
    }
  }

  private static PathClass describe(String name, AtomicLongArray histogram) {
    long[] counts = new long[BUCKETS + 1];
    long vanished = 0;
    List<Bucket> buckets = new ArrayList<>();
    for (int i = 0; i <= BUCKETS; i++) {
      counts[i] = histogram.get(i);
      vanished += counts[i];
      if (counts[i] > 0) {
        Duration to = i == BUCKETS ? null : Duration.ofNanos((i + 1) * HALF_SECOND_NANOS);
        buckets.add(new Bucket(Duration.ofNanos(i * HALF_SECOND_NANOS), to, counts[i]));
      }
    }
    return new PathClass(name, vanished, buckets, likelyLimit(counts));
  }

  private static @Nullable Duration likelyLimit(long[] counts) {
    long telling = 0;
    for (int i = FIRST_TELLING; i <= BUCKETS; i++) {
      telling += counts[i];
    }
    int peak = FIRST_TELLING;
    long peakCount = 0;
    for (int i = FIRST_TELLING; i + PEAK_BUCKETS <= BUCKETS; i++) {
      long count = 0;
      for (int j = i; j < i + PEAK_BUCKETS; j++) {
        count += counts[j];
      }
      if (count > peakCount) {
        peakCount = count;
        peak = i;
      }
    }
    if (peakCount < PEAK_COUNT_MIN || 2 * peakCount < telling) {
      return null;
    }
    long sum = 0;
    for (int j = 0; j < PEAK_BUCKETS; j++) {
      sum += counts[peak + j] * j;
    }
    long meanNanos =
        peak * HALF_SECOND_NANOS
            + HALF_SECOND_NANOS / 1000 * sum / peakCount * 1000
            + HALF_SECOND_NANOS / 2;
    for (long usual : USUAL_SECONDS) {
      if (Math.abs(meanNanos - TimeUnit.SECONDS.toNanos(usual)) <= USUAL_WITHIN_NANOS) {
        return Duration.ofSeconds(usual);
      }
    }
    return Duration.ofSeconds((meanNanos + HALF_SECOND_NANOS) / (2 * HALF_SECOND_NANOS));
  }

  private static int bucketOf(long silenceNanos) {
    return Math.clamp(silenceNanos / HALF_SECOND_NANOS, 0, BUCKETS);
  }
}

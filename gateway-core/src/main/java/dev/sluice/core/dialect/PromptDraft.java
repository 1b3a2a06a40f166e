package dev.sluice.core.dialect;

import dev.sluice.core.dialect.PromptLayout.Entry;
import dev.sluice.core.dialect.PromptLayout.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the pieces of a prompt stand in a body, in whatever order they came, and the {@link
 * PromptLayout} that they make in the provider's order. Bounded: {@link #CUTS_MAX} cuts and {@link
 * #MARKS_MAX} marks.
 */
final class PromptDraft {

  static final int TOOLS = 0;
  static final int SYSTEM = 1;
  static final int MESSAGES = 2;

  /** More markers than this, counting those that are null, and there is no layout. */
  static final int CUTS_MAX = 256;

  static final int MARKS_MAX = 4;

  private static final long[] NO_CUTS = {};

  /** Start and end of each region; a start is -1 where there is none. */
  private final long[] bounds = {-1, 0, -1, 0, -1, 0};

  /** Start and end of each member that takes part as it stands; null while there is none. */
  private long @Nullable [] shared;

  private long[] cuts = NO_CUTS;
  private int cutCount;

  /** Of most bodies there are none, so it is made for the first. */
  private List<Mark> marks = List.of();

  /**
   * An end of an entry.
   *
   * @param message its number, for marks in messages
   */
  private record Mark(
      int region,
      long end,
      int message,
      int lifetimeSeconds,
      boolean isMarked,
      @Nullable Span tail) {}

  // ---- what is found ----

  void begins(int region, long at) {
    bounds[2 * region] = at;
  }

  void ends(int region, long at) {
    bounds[2 * region + 1] = at;
  }

  /** The region holds nothing. */
  void drop(int region) {
    bounds[2 * region] = -1;
  }

  boolean has(int region) {
    return bounds[2 * region] >= 0;
  }

  /** Where the region ended. */
  long end(int region) {
    return bounds[2 * region + 1];
  }

  void sharedBegins(int number, long at) {
    if (shared == null) {
      shared = new long[2 * RequestFields.SHARED_COUNT];
    }
    shared[2 * number] = at;
  }

  void sharedEnds(int number, long at) {
    if (shared != null && shared[2 * number] > 0) {
      shared[2 * number + 1] = at;
    }
  }

  /**
   * What lies between is no content.
   *
   * @return whether there is room for it
   */
  boolean cut(long from, long to) {
    if (cutCount == CUTS_MAX) {
      return false;
    }
    if (2 * cutCount == cuts.length) {
      cuts = Arrays.copyOf(cuts, Math.max(8, 2 * cuts.length));
    }
    // A block's own marker may stand before those in its content, and is told after them.
    var at = 2 * cutCount++;
    while (at > 0 && cuts[at - 2] > from) {
      cuts[at] = cuts[at - 2];
      cuts[at + 1] = cuts[at - 1];
      at -= 2;
    }
    cuts[at] = from;
    cuts[at + 1] = to;
    return true;
  }

  /** An entry ends there. */
  void mark(int region, long end, int message, int lifetimeSeconds, boolean isMarked) {
    if (marks.isEmpty()) {
      marks = new ArrayList<>(MARKS_MAX + 1);
    }
    marks.add(new Mark(region, end, message, lifetimeSeconds, isMarked, null));
  }

  int marks() {
    return marks.size();
  }

  boolean hasMarkAt(long end) {
    return marks.stream().anyMatch(mark -> mark.end == end);
  }

  /** Forgets the earliest marks. */
  void keepLatest(int count) {
    while (marks.size() > count) {
      marks.removeFirst();
    }
  }

  /** What the client asked for all entries. */
  void lifetime(int seconds) {
    if (!marks.isEmpty()) {
      marks.replaceAll(
          mark -> new Mark(mark.region, mark.end, mark.message, seconds, mark.isMarked, mark.tail));
    }
  }

  /** The role of a message stands there: it belongs to an entry that ends before it as well. */
  void role(int message, long start, long end) {
    for (var i = marks.size() - 1; i >= 0 && marks.get(i).message == message; i--) {
      var mark = marks.get(i);
      if (mark.region == MESSAGES && mark.end <= start) {
        var tail = new Span(start, end, true);
        marks.set(
            i, new Mark(mark.region, mark.end, message, mark.lifetimeSeconds, mark.isMarked, tail));
      }
    }
  }

  // ---- what it makes ----

  /** The layout, or null where no entry ends anywhere, or the longest is too short to be one. */
  @Nullable PromptLayout layout() {
    if (marks.isEmpty()) {
      return null;
    }
    marks.sort(Comparator.comparingInt(Mark::region).thenComparingLong(Mark::end));
    return new Making().layout();
  }

  /** A layout at work, once all is found. */
  private final class Making {
    private final List<Entry> entries = new ArrayList<>(marks.size());
    private final List<Span> spans = new ArrayList<>();
    private long bytes;

    @Nullable PromptLayout layout() {
      for (var number = 0; number < RequestFields.SHARED_COUNT - 1; number++) {
        shared(number);
      }
      for (var region = TOOLS; region <= MESSAGES && entries.size() < marks.size(); region++) {
        if (region == MESSAGES) {
          shared(RequestFields.TOOL_CHOICE - RequestFields.SHARED);
        }
        if (has(region)) {
          region(region);
        }
      }
      return entries.getLast().bytes() < PromptLayout.BYTES_MIN
          ? null
          : new PromptLayout(entries, spans, false);
    }

    private void shared(int number) {
      if (shared != null && shared[2 * number + 1] > 0) {
        add(shared[2 * number], shared[2 * number + 1], true);
      }
    }

    private void region(int region) {
      var at = bounds[2 * region];
      for (var mark : marks) {
        if (mark.region == region) {
          content(at, mark.end, false);
          at = mark.end;
          var tail = mark.tail;
          var tailBytes = tail == null ? 0 : tail.end() - tail.start();
          entries.add(
              new Entry(
                  spans.size(), tail, bytes + tailBytes, mark.lifetimeSeconds, mark.isMarked));
        }
      }
      if (entries.size() < marks.size()) {
        content(at, end(region), true);
      }
    }

    /** No cut crosses the end of an entry. */
    private void content(long from, long to, boolean endsPart) {
      var at = from;
      for (var i = 0; i < 2 * cutCount && cuts[i] < to; i += 2) {
        if (cuts[i] >= at) {
          add(at, cuts[i], false);
          at = cuts[i + 1];
        }
      }
      add(at, to, endsPart);
    }

    private void add(long from, long to, boolean endsPart) {
      if (from < to || endsPart) {
        spans.add(new Span(from, to, endsPart));
        bytes += to - from;
      }
    }
  }
}

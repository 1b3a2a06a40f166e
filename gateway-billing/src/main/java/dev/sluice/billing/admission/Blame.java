package dev.sluice.billing.admission;

import dev.sluice.billing.team.TeamId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Who each nanosecond of waiting is owed to. Confined to its pool.
 *
 * <p>Time is cut into seconds. Waiting that nobody else caused is charged as it passes: to the team
 * itself where its own ceiling holds it, to the provider where that is paused or slowed down. The
 * rest of a second's waiting is charged, when the second is over, to the other teams that were lent
 * tokens in it, in proportion; to itself where no other was. Where nothing at all was lent in a
 * second, the last one's lending is what is being waited out, as long as anybody has been waiting
 * since.
 *
 * <p>Integers throughout, the last borrower takes what rounding leaves: a row's sum is exactly what
 * its team has waited.
 */
final class Blame {

  /** What holds a team's first call. */
  enum Hold {
    OTHERS,
    ITSELF,
    PROVIDER
  }

  static final long SECOND = 1_000_000_000L;

  /** Keeps the product of two of them within a long, for thousands of teams. */
  private static final long TOKENS_MAX = 1L << 26;

  /** One team's row, and its part in others'. */
  static final class Row {
    private final TeamId team;
    private int waiting;
    private long since;
    private Hold hold = Hold.OTHERS;
    private long shared;
    private long lent;
    private long lentBefore;
    private long provider;
    private long total;
    private final Map<TeamId, long[]> causes = new LinkedHashMap<>();

    Row(TeamId team) {
      this.team = team;
    }

    /** Nanoseconds that are owed to the provider. */
    long provider() {
      return provider;
    }

    /** All nanoseconds waited. */
    long total() {
      return total;
    }

    Map<TeamId, Long> causes() {
      Map<TeamId, Long> copy = new LinkedHashMap<>();
      causes.forEach((cause, nanos) -> copy.put(cause, nanos[0]));
      return copy;
    }

    private void charge(TeamId cause, long nanos) {
      if (nanos != 0) {
        causes.computeIfAbsent(cause, none -> new long[1])[0] += nanos;
      }
    }
  }

  private final List<Row> waiting = new ArrayList<>();
  private final List<Row> owed = new ArrayList<>();
  private List<Row> borrowers = new ArrayList<>();
  private List<Row> borrowersBefore = new ArrayList<>();
  private long started;

  Blame(long now) {
    started = now;
  }

  /** Ends the second if it is over. */
  void at(long now) {
    if (now - started >= SECOND) {
      close(now);
    }
  }

  /** The team was lent tokens. */
  void lent(Row row, long tokens) {
    if (tokens <= 0) {
      return;
    }
    if (row.lent == 0) {
      borrowers.add(row);
    }
    row.lent = Math.min(row.lent + tokens, TOKENS_MAX);
  }

  /** One more of the team's calls waits, or one fewer. */
  void waiting(Row row, int more, long now) {
    pass(row, now);
    if (row.waiting == 0) {
      waiting.add(row);
    }
    row.waiting += more;
    if (row.waiting == 0) {
      waiting.remove(row);
    }
  }

  /** What holds the team from now on. */
  void held(Row row, Hold hold, long now) {
    if (row.hold != hold) {
      pass(row, now);
      row.hold = hold;
    }
  }

  /** Charges all waiting up to now. */
  void close(long now) {
    for (Row row : waiting) {
      pass(row, now);
    }
    boolean lending = !borrowers.isEmpty();
    if (lending) {
      for (Row row : borrowersBefore) {
        row.lentBefore = 0;
      }
      for (Row row : borrowers) {
        row.lentBefore = row.lent;
        row.lent = 0;
      }
      List<Row> empty = borrowersBefore;
      empty.clear();
      borrowersBefore = borrowers;
      borrowers = empty;
    }
    for (Row row : owed) {
      share(row);
    }
    owed.clear();
    if (!lending && waiting.isEmpty()) {
      for (Row row : borrowersBefore) {
        row.lentBefore = 0;
      }
      borrowersBefore.clear();
    }
    started = now;
  }

  private void pass(Row row, long now) {
    long nanos = row.waiting * (now - row.since);
    row.since = now;
    if (nanos == 0) {
      return;
    }
    row.total += nanos;
    switch (row.hold) {
      case ITSELF -> row.charge(row.team, nanos);
      case PROVIDER -> row.provider += nanos;
      case OTHERS -> {
        if (row.shared == 0) {
          owed.add(row);
        }
        row.shared += nanos;
      }
    }
  }

  private void share(Row victim) {
    long nanos = victim.shared;
    victim.shared = 0;
    long all = -victim.lentBefore;
    for (Row borrower : borrowersBefore) {
      all += borrower.lentBefore;
    }
    if (all == 0) {
      victim.charge(victim.team, nanos);
      return;
    }
    long left = nanos;
    TeamId last = victim.team;
    for (Row borrower : borrowersBefore) {
      if (borrower != victim) {
        last = borrower.team;
        long part = nanos / all * borrower.lentBefore + nanos % all * borrower.lentBefore / all;
        victim.charge(last, part);
        left -= part;
      }
    }
    victim.charge(last, left);
  }
}

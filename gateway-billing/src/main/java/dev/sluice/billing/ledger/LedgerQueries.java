package dev.sluice.billing.ledger;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What is in the ledger. Any thread but an event loop: it blocks. Each answer is one short read of
 * what has been committed; what still waits to be written is in none. All throw {@link
 * LedgerUnreadable} where the file cannot be read.
 */
public interface LedgerQueries {

  /** Groups in one answer of {@link #usage}. */
  int GROUPS_MAX = 10_000;

  /** Rows in one answer of {@link #calls}. */
  int CALLS_MAX = 1_000;

  /** Reads in one answer of {@link #call}. */
  int READS_MAX = 1_000;

  /** Rows in one answer of {@link #dailyByModel}. */
  int DAYS_MAX = 100_000;

  /**
   * The ledger in a directory, also one that a gateway is writing to. Takes no lock and changes
   * nothing.
   */
  static LedgerQueries in(Path directory) {
    return new SqliteLedgerQueries(directory);
  }

  /**
   * Sums per group, in the order of the groups' values, at most {@link #GROUPS_MAX}. Of hourly sums
   * where from and until are whole hours and no tag is named, else of single calls, which reach
   * back as far as the retention.
   */
  UsageTable usage(UsageQuery query);

  /** Single calls, newest first. */
  CallPage calls(CallQuery query);

  /** One call and who else read it, or null; of its reads at most {@link #READS_MAX}. */
  @Nullable LedgerCall call(String callId);

  /** What a team or one of its keys has spent. */
  Spent spent(SpentQuery query);

  /**
   * Hourly sums, in the order of hour, team, key, provider, model and price, read in pages of 1,000
   * and handed over one by one.
   *
   * @param from a whole hour, inclusive
   * @param until a whole hour, exclusive
   */
  void hours(Instant from, Instant until, Consumer<UsageHour> to);

  /**
   * Sums per day (UTC) and model served, or else asked for, at most {@link #DAYS_MAX}.
   *
   * @param from a whole hour, inclusive
   * @param until a whole hour, exclusive
   * @param provider its name in the configuration
   */
  List<ModelDay> dailyByModel(Instant from, Instant until, String provider);
}

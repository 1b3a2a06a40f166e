package dev.sluice.core.account;

import dev.sluice.core.identity.Fingerprint;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All provider accounts of this process, and which of several a call goes to. Any thread; nobody
 * ever waits.
 */
public final class AccountChoice {

  /** A provider that names no time is asked again after this long. */
  private static final long SKIP_NANOS = 1_000_000_000L;

  /** Whatever a provider says: after this long somebody finds out whether it still holds. */
  private static final long SKIP_MAX_NANOS = 60_000_000_000L;

  private final Map<String, Account> accounts;
  private final LongSupplier nanoTime;
  private final BiConsumer<String, Spill> onSpill;

  /**
   * @param providers names from the configuration
   * @param nanoTime nanoseconds; any thread; never goes back
   * @param onSpill hears the name that was passed over, and why; on the thread that chose
   */
  public AccountChoice(
      Collection<String> providers, LongSupplier nanoTime, BiConsumer<String, Spill> onSpill) {
    this.nanoTime = nanoTime;
    this.onSpill = onSpill;
    Map<String, Account> byName = new HashMap<>();
    long now = nanoTime.getAsLong();
    providers.forEach(name -> byName.put(name, new Account(name, now)));
    this.accounts = Map.copyOf(byName);
  }

  /**
   * One of them.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public Account account(String provider) {
    Account account = accounts.get(provider);
    if (account == null) {
      throw new IllegalArgumentException(
          "No provider \"%s\". Known: %s".formatted(provider, accounts.keySet()));
    }
    return account;
  }

  /**
   * In which order accounts are asked: by affinity, so that calls with one key go to one account
   * while nothing is wrong there; without a key, the one with the fewest calls first, else as
   * listed.
   *
   * @param providers names, at least one
   */
  public Line line(List<String> providers, @Nullable Fingerprint key) {
    int size = providers.size();
    Account[] line = new Account[size];
    long[] ranks = new long[size];
    for (int i = 0; i < size; i++) {
      Account account = account(providers.get(i));
      long rank =
          key == null
              ? account.calls()
              : ~Affinity.weight(key, account.seed()) + Long.MIN_VALUE; // heaviest first
      int at = i;
      for (; at > 0 && ranks[at - 1] > rank; at--) {
        line[at] = line[at - 1];
        ranks[at] = ranks[at - 1];
      }
      line[at] = account;
      ranks[at] = rank;
    }
    return new Line(line, nanoTime.getAsLong(), onSpill);
  }

  /**
   * The provider said no, or that it has too much to do: its account is passed over for a while.
   *
   * @param retryAfterMillis as it said, or 0 where it named no time
   */
  public void refused(Account account, Spill why, long retryAfterMillis) {
    long nanos = Math.min(retryAfterMillis, SKIP_MAX_NANOS / 1_000_000) * 1_000_000;
    account.skip(why, nanoTime.getAsLong() + (nanos > 0 ? nanos : SKIP_NANOS));
  }

  /** No connection could be had. */
  public void unreachable(Account account) {
    account.skip(Spill.UNREACHABLE, nanoTime.getAsLong() + SKIP_NANOS);
  }
}

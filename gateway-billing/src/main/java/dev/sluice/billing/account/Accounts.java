package dev.sluice.billing.account;

import dev.sluice.billing.account.Change.No;
import dev.sluice.billing.account.Change.Plan;
import dev.sluice.billing.account.Change.Same;
import dev.sluice.billing.account.Change.Write;
import dev.sluice.billing.account.Outcome.Done;
import dev.sluice.billing.account.Outcome.Refused;
import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.pool.PoolSettings;
import dev.sluice.billing.team.TeamDirectory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Teams, keys, quotas and budgets: what the configuration file says, and what was changed since.
 *
 * <p>One change at a time, under one lock: it looks at the book, is written to disk together with
 * what is remembered of it, and only then replaces the book and is handed to those who go by it. So
 * an answer is never ahead of the disk, and nobody can overwrite what they have not seen. Looking
 * takes no lock.
 *
 * <p>Without its store the gateway serves by the file and what was last known. Nothing can be
 * changed then, and every few seconds the store is tried again. After a failed write it is read
 * anew, because only the disk knows whether that change is on it.
 *
 * <p>Any thread but an event loop's: changes wait for the disk.
 */
public final class Accounts implements AutoCloseable {

  private static final Duration RETRY_AFTER = Duration.ofSeconds(3);

  /** Who is told what an operator should know. Called with the lock held: must not come back. */
  public interface Watcher {

    /** The store cannot be used; said once each time. */
    void storeLost(String why);

    /** It can again. */
    void storeFound();

    /** A stored quota is not in effect since now. */
    void heldBack(Named of, String why);
  }

  private final AccountStore.Opener opener;
  private final InstantSource clock;
  private final Watcher watcher;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final ReentrantLock lock = new ReentrantLock();

  // Only with the lock.
  private FileAccounts file;
  private @Nullable AccountStore store;
  private final List<Runnable> listeners = new ArrayList<>();

  // Written with the lock, read by anybody.
  private volatile AccountBook book;
  private volatile @Nullable String trouble;

  Accounts(AccountStore.Opener opener, FileAccounts file, InstantSource clock, Watcher watcher) {
    this.opener = opener;
    this.file = file;
    this.clock = clock;
    this.watcher = watcher;
    this.book = AccountBook.of(file, AccountState.EMPTY);
    tryOpen();
  }

  /**
   * Opens the store in a directory, which is made if it is not there. Never fails for a bad disk:
   * the file alone holds then, and the store is tried again.
   *
   * @param clock by which keys expire, and changes are remembered
   */
  public static Accounts open(
      Path directory, FileAccounts file, InstantSource clock, Watcher watcher) {
    Accounts accounts = new Accounts(() -> SqliteAccounts.open(directory), file, clock, watcher);
    Thread.ofPlatform().daemon().name("sluice-accounts").start(accounts::retry);
    return accounts;
  }

  private void retry() {
    try {
      while (!closed.await(RETRY_AFTER.toMillis(), TimeUnit.MILLISECONDS)) {
        if (trouble != null) {
          tryOpen();
        }
      }
    } catch (InterruptedException ending) {
      Thread.currentThread().interrupt();
    }
  }

  /** Opens the store where it is not open; does nothing once this is closed. */
  void tryOpen() {
    lock.lock();
    try {
      if (store != null || closed.getCount() == 0) {
        return;
      }
      AccountStore opened = opener.open();
      try {
        adopt(AccountBook.of(file, opened.load()));
      } catch (StoreTrouble unreadable) {
        opened.close();
        throw unreadable;
      }
      store = opened;
      if (trouble != null) {
        trouble = null;
        watcher.storeFound();
      }
    } catch (StoreTrouble unusable) {
      lost(unusable);
    } finally {
      lock.unlock();
    }
  }

  private void lost(StoreTrouble why) {
    AccountStore was = store;
    store = null;
    if (was != null) {
      was.close();
    }
    String before = trouble;
    trouble = String.valueOf(why.getMessage());
    if (!trouble.equals(before)) {
      watcher.storeLost(trouble);
    }
  }

  private void adopt(AccountBook changed) {
    AccountBook before = book;
    book = changed;
    changed
        .heldBack()
        .forEach(
            (of, why) -> {
              if (!why.equals(before.heldBack().get(of))) {
                watcher.heldBack(of, why);
              }
            });
    listeners.forEach(Runnable::run);
  }

  // ---- looking

  /** As it is now. */
  public AccountBook book() {
    return book;
  }

  /** Why nothing can be changed now; null where it can. */
  public @Nullable String trouble() {
    return trouble;
  }

  /** Changes that are remembered, the newest first. */
  public Outcome<List<AuditEntry>> audit(AuditQuery query) {
    lock.lock();
    try {
      AccountStore open = store;
      return open == null ? unavailable() : new Done<>(open.audit(query), false);
    } catch (StoreTrouble failed) {
      lost(failed);
      return unavailable();
    } finally {
      lock.unlock();
    }
  }

  // ---- changing

  /** Makes a change, or says why not. What it answers is on disk and in effect. */
  public <T> Outcome<T> make(Author author, Change<T> change) {
    lock.lock();
    try {
      AccountStore open = store;
      if (open == null) {
        return unavailable();
      }
      Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
      long revision = book.state().revision() + 1;
      Plan<T> plan = change.plan(book, now, revision);
      return switch (plan) {
        case No<T>(Reason reason, String detail, String id) -> new Refused<>(reason, detail, id);
        case Same<T>(T value) -> new Done<>(value, false);
        case Write<T> write -> {
          AuditEntry entry =
              new AuditEntry(
                  revision,
                  now,
                  author,
                  write.action(),
                  write.resource(),
                  write.before(),
                  write.after());
          open.write(entry, write.edits());
          adopt(book.after(book.state().with(write.edits(), revision)));
          yield new Done<>(write.then().apply(book), write.isNew());
        }
      };
    } catch (StoreTrouble failed) {
      lost(failed);
      return unavailable();
    } finally {
      lock.unlock();
    }
  }

  private <T> Refused<T> unavailable() {
    return new Refused<>(
        Reason.STORE_UNAVAILABLE,
        trouble + " Until then nothing can be changed here; requests go on as before.",
        null);
  }

  /** The configuration file says something else from now on. */
  public void file(FileAccounts changed) {
    lock.lock();
    try {
      file = changed;
      adopt(AccountBook.of(changed, book.state()));
    } finally {
      lock.unlock();
    }
  }

  // ---- telling

  /** Hears of teams and keys, now and whenever they change; before whoever changed them does. */
  public void onTeams(Consumer<TeamDirectory> listener) {
    on(AccountBook::directory, listener);
  }

  /** Hears of all pools, likewise. */
  public void onPools(Consumer<List<PoolSettings>> listener) {
    on(AccountBook::pools, listener);
  }

  /** Hears of all budgets, likewise. */
  public void onBudgets(Consumer<List<BudgetRule>> listener) {
    on(AccountBook::budgets, listener);
  }

  private <T> void on(Function<AccountBook, T> part, Consumer<T> listener) {
    lock.lock();
    try {
      Runnable telling =
          new Runnable() {
            private @Nullable T told;

            @Override
            public void run() {
              T now = part.apply(book);
              if (!now.equals(told)) {
                told = now;
                listener.accept(now);
              }
            }
          };
      listeners.add(telling);
      telling.run();
    } finally {
      lock.unlock();
    }
  }

  /** Closes the store. Nothing can be changed afterwards. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed.countDown();
      if (store != null) {
        store.close();
        store = null;
      }
      trouble = "The gateway is shutting down.";
    } finally {
      lock.unlock();
    }
  }
}

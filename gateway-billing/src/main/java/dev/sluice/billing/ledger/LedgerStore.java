package dev.sluice.billing.ledger;

import java.util.List;
import java.util.function.BiConsumer;

/** Where rows end up. Confined to the thread that writes. */
interface LedgerStore extends AutoCloseable {

  /** Tags of one call; further ones are not kept. */
  int TAGS_MAX = 64;

  /**
   * Commits rows, all or none. Calls that have a row already are passed over: none is there twice.
   *
   * @return how many were new
   */
  int write(List<PendingRow> rows) throws LedgerTrouble;

  /**
   * As {@link #write}, but rows that can never be written are handed over, once each, and the
   * others do not suffer from them.
   */
  default int writeAllBut(List<PendingRow> rows, BiConsumer<PendingRow, LedgerTrouble> never)
      throws LedgerTrouble {
    try {
      return write(rows);
    } catch (LedgerTrouble e) {
      if (e.kind != LedgerTrouble.Kind.ROW) {
        throw e;
      }
    }
    int fresh = 0;
    for (PendingRow row : rows) {
      try {
        fresh += row.isGivenUp ? 0 : write(List.of(row));
      } catch (LedgerTrouble e) {
        if (e.kind != LedgerTrouble.Kind.ROW) {
          throw e;
        }
        row.isGivenUp = true;
        never.accept(row, e);
      }
    }
    return fresh;
  }

  /** Brings what is committed to the disk, where a commit does not do that by itself. Blocks. */
  void sync() throws LedgerTrouble;

  /** The highest number that a row has. */
  long lastId() throws LedgerTrouble;

  /** Whether the file holds together, which costs a read of all of it. */
  boolean isSound();

  /** Whether this is still the file in the directory. */
  boolean isThere();

  /**
   * Deletes rows of calls that began before a moment, and their cursors; hourly sums stay.
   *
   * @param max rows in one transaction
   * @return how many were deleted
   */
  int expire(long beforeEpochMillis, int max) throws LedgerTrouble;

  @Override
  void close();
}

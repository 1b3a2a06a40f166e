package dev.sluice.billing.ledger;

import dev.sluice.billing.ledger.LedgerSettings.Durability;
import org.jspecify.annotations.Nullable;

/**
 * How the ledger is: a picture of now, its figures counted since the start.
 *
 * @param isWriting whether the last attempt to write, or to open, succeeded; a disk that hangs
 *     shows in {@code lagNanos}
 * @param queuedRows rows that wait to be written
 * @param lagNanos how long the oldest of them has waited; 0 where none does
 * @param openCalls intents that have not been settled
 * @param slots for calls that are open, or ended and not yet written; 0 where the file of them
 *     could not be opened
 * @param slotsTaken of those
 * @param rowsWritten rows of calls and of cursors
 * @param lost what ended and could be kept nowhere
 * @param intentsSkipped calls that went on without an intent, because no slot was free
 * @param intentsUnforced calls that went on before their intent was on the disk, where {@link
 *     Durability#STRICT} asks for that
 * @param recoveredRows rows of an earlier run that were found settled but not written
 * @param recoveredIntents calls of an earlier run that were closed as estimates
 * @param tornSlots calls of an earlier run that could not be read any more
 * @param lastError why it could not write, or null where it never failed
 */
public record LedgerState(
    boolean isWriting,
    Durability durability,
    int queuedRows,
    long lagNanos,
    int openCalls,
    int slots,
    int slotsTaken,
    long rowsWritten,
    Lost lost,
    long intentsSkipped,
    long intentsUnforced,
    long recoveredRows,
    long recoveredIntents,
    long tornSlots,
    @Nullable String lastError) {

  /**
   * What was dropped since the start, exactly.
   *
   * @param calls paid calls
   * @param tokens of those, in and out
   * @param nanoUsd of those whose cost is known
   * @param reads cursors that read a call which another request had opened; nothing was billed
   */
  public record Lost(long calls, long tokens, long nanoUsd, long reads) {
    public static final Lost NOTHING = new Lost(0, 0, 0, 0);
  }
}

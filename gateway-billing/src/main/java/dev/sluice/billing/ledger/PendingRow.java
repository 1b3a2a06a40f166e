package dev.sluice.billing.ledger;

import org.jspecify.annotations.Nullable;

/** A row on its way into the store. Immutable, but for what the writer notes down. */
final class PendingRow {

  private static final int NO_SLOT = -1;

  final CallRecord call;
  final boolean isRead;
  final long expectedOutput;
  final long queuedNanos;
  private final @Nullable InFlightFile file;
  private final int slot;

  /** Its number in the store; confined to the writer, which gives it once. */
  long id;

  /** Whether the store will never take it; confined to the writer. */
  boolean isGivenUp;

  private PendingRow(
      CallRecord call,
      boolean isRead,
      long expectedOutput,
      @Nullable InFlightFile file,
      int slot,
      long queuedNanos) {
    this.call = call;
    this.isRead = isRead;
    this.expectedOutput = expectedOutput;
    this.file = file;
    this.slot = slot;
    this.queuedNanos = queuedNanos;
  }

  /** Of a paid call that is in a slot. */
  static PendingRow call(
      CallRecord call, long expectedOutput, InFlightFile file, int slot, long now) {
    return new PendingRow(call, false, expectedOutput, file, slot, now);
  }

  /** Of a paid call for which there was no slot. */
  static PendingRow call(CallRecord call, long expectedOutput, long now) {
    return new PendingRow(call, false, expectedOutput, null, NO_SLOT, now);
  }

  /** Of a cursor. */
  static PendingRow read(CallRecord cursor, long now) {
    return new PendingRow(cursor, true, -1, null, NO_SLOT, now);
  }

  boolean hasSlot() {
    return file != null;
  }

  /** It is committed, or given up. */
  void freeSlot() {
    if (file != null) {
      try {
        file.free(slot);
      } catch (InternalError e) {
        // Its page cannot be read from the disk any more; so nobody is to get that slot again.
      }
    }
  }

  long tokens() {
    return Bounds.inAndOut(call.usage());
  }

  long nanoUsd() {
    return Bounds.nanoUsd(call.cost().nanoUsd());
  }
}

package dev.sluice.billing.account;

import java.util.List;

/** Where accounts are kept. Blocks; one caller at a time. After a trouble it is to be closed. */
interface AccountStore extends AutoCloseable {

  /** Opens a store: at the start, and again after a trouble. */
  @FunctionalInterface
  interface Opener {
    AccountStore open() throws StoreTrouble;
  }

  /** All that it holds. */
  AccountState load() throws StoreTrouble;

  /**
   * Makes a change and remembers it, both or neither; on disk when this returns.
   *
   * @param entry its sequence is the next one
   */
  void write(AuditEntry entry, List<Edit> edits) throws StoreTrouble;

  List<AuditEntry> audit(AuditQuery query) throws StoreTrouble;

  @Override
  void close();
}

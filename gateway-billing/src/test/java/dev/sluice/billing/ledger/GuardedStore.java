package dev.sluice.billing.ledger;

import java.util.List;

/** A store with something in front of it that may say no. */
record GuardedStore(LedgerStore store, Guard guard) implements LedgerStore {

  interface Guard {
    void beforeWrite(List<PendingRow> rows) throws LedgerTrouble;

    default void beforeSync() {}
  }

  @Override
  public int write(List<PendingRow> rows) throws LedgerTrouble {
    guard.beforeWrite(rows);
    return store.write(rows);
  }

  @Override
  public void sync() throws LedgerTrouble {
    guard.beforeSync();
    store.sync();
  }

  @Override
  public long lastId() throws LedgerTrouble {
    return store.lastId();
  }

  @Override
  public boolean isSound() {
    return store.isSound();
  }

  @Override
  public boolean isThere() {
    return store.isThere();
  }

  @Override
  public int expire(long beforeEpochMillis, int max) throws LedgerTrouble {
    return store.expire(beforeEpochMillis, max);
  }

  @Override
  public void close() {
    store.close();
  }
}

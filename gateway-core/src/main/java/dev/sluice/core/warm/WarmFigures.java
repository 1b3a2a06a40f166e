package dev.sluice.core.warm;

import java.util.concurrent.atomic.LongAdder;

/** Counts of what keeping warm has done since the start. Any thread; none ever falls. */
public final class WarmFigures {

  private final LongAdder cost = new LongAdder();
  private final LongAdder saved = new LongAdder();
  private final LongAdder read = new LongAdder();
  private final LongAdder wrote = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder overBudget = new LongAdder();

  void ended(WarmCalls.Outcome outcome, long costNanoUsd) {
    LongAdder count =
        switch (outcome) {
          case READ -> read;
          case WROTE -> wrote;
          case FAILED -> failed;
        };
    count.increment();
    cost.add(Math.max(0, costNanoUsd));
  }

  void saved(long nanoUsd) {
    saved.add(Math.max(0, nanoUsd));
  }

  void foundNoMoney() {
    overBudget.increment();
  }

  /** Of all refreshes, in nano-dollars. */
  public long costNanoUsd() {
    return cost.sum();
  }

  /**
   * What clients' calls would have paid more, in nano-dollars: where one came after its entry would
   * have ended, and it had not because of a refresh, the write less the read.
   */
  public long savedNanoUsd() {
    return saved.sum();
  }

  /** Refreshes that found the entry. */
  public long read() {
    return read.sum();
  }

  /** Refreshes that wrote it. */
  public long wrote() {
    return wrote.sum();
  }

  public long failed() {
    return failed.sum();
  }

  /** Occasions on which there was no money for a refresh. */
  public long overBudget() {
    return overBudget.sum();
  }
}

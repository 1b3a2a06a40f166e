package dev.sluice.core.warm;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where it is written down what refreshes spend, so that a day's budget holds over restarts. Called
 * by one thread; may block.
 */
public interface SpendingBook {

  /**
   * A day, as far as it has gone.
   *
   * @param all of all refreshes
   * @param byName of those of registered prefixes; all on the same day
   */
  record Page(WarmSpending all, Map<String, WarmSpending> byName) {
    public Page {
      byName = Map.copyOf(byName);
    }
  }

  /**
   * What was kept last, perhaps by a process that has died since. Asked once, at the beginning.
   *
   * @return null where nothing was, or where it cannot be read
   */
  @Nullable Page read();

  /**
   * Keeps this in the place of what was kept before. Throws nothing.
   *
   * @return whether a process that dies now will be followed by one that reads it
   */
  boolean keep(Page page);
}

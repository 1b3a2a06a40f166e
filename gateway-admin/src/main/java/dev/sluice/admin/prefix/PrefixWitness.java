package dev.sluice.admin.prefix;

import dev.sluice.admin.prefix.PrefixStore.Stored;
import dev.sluice.billing.account.Outcome.Refused;
import org.jspecify.annotations.Nullable;

/** Remembers changes of registered prefixes, one at a time, before they are made. */
@FunctionalInterface
public interface PrefixWitness {

  /**
   * What is about to be changed.
   *
   * @param before null where there is nothing
   * @param after null where there will be nothing
   * @param isUndo whether the opposite was remembered and could not be made
   */
  record Changing(String name, @Nullable Stored before, @Nullable Stored after, boolean isUndo) {

    Changing undone() {
      return new Changing(name, /* before= */ after, /* after= */ before, true);
    }
  }

  /**
   * Remembers one. May block; must not come back to the store.
   *
   * @return null where it is remembered, and so may be made; else why it may not
   */
  @Nullable Refused<?> sees(Changing change);
}

package dev.sluice.billing.account;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What must hold of a thing for a change of it to be made, so that nobody overwrites what they have
 * not seen.
 *
 * @param versions one of which it must have, so that it must be there; null where any will do
 * @param isAnyThere whether it must be there, whatever its version
 * @param isNew whether it must not be there yet
 */
public record Condition(@Nullable Set<String> versions, boolean isAnyThere, boolean isNew) {

  /** No condition. */
  public static final Condition NONE = new Condition(null, false, false);

  /** It must be there. */
  public static final Condition THERE = new Condition(null, true, false);

  /** It must not be there. */
  public static final Condition NEW = new Condition(null, false, true);

  /** It must have one of these versions. */
  public static Condition has(Set<String> versions) {
    return new Condition(Set.copyOf(versions), true, false);
  }

  /**
   * Null where it holds.
   *
   * @param found version of what is there; null where nothing is
   */
  public @Nullable Reason broken(@Nullable String found) {
    if (isNew) {
      return found == null ? null : Reason.ALREADY_EXISTS;
    }
    boolean holds = found == null ? !isAnyThere : versions == null || versions.contains(found);
    return holds ? null : Reason.CHANGED_MEANWHILE;
  }
}

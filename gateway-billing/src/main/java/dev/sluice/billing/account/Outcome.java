package dev.sluice.billing.account;

import org.jspecify.annotations.Nullable;

/** What became of a change. */
public sealed interface Outcome<T> {

  /**
   * It is made and on disk, or there was nothing to change.
   *
   * @param value as it is now
   * @param isNew whether it was not there before
   */
  record Done<T>(T value, boolean isNew) implements Outcome<T> {}

  /**
   * Nothing has changed.
   *
   * @param detail whole sentences: what, which value, what is allowed, what to do
   * @param id of what it is about, where that is not what was asked for; else null
   */
  record Refused<T>(Reason reason, String detail, @Nullable String id) implements Outcome<T> {}
}

package dev.sluice.billing.account;

import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A change that is asked for: looks at what there is, and says what to do. Made with nobody else
 * changing anything meanwhile, so what it has looked at still holds when it is done.
 *
 * @param <T> what the thing is afterwards
 */
@FunctionalInterface
public interface Change<T> {

  /**
   * What to do.
   *
   * @param now whole milliseconds
   * @param revision number that the change will have
   */
  Plan<T> plan(AccountBook book, Instant now, long revision);

  /** What to do. */
  sealed interface Plan<T> {}

  /**
   * To be written.
   *
   * @param before what is remembered of it, as JSON; null for nothing
   * @param then the answer, from the book with the change in it
   * @param isNew whether it was not there before
   */
  record Write<T>(
      String action,
      String resource,
      @Nullable String before,
      @Nullable String after,
      List<Edit> edits,
      Function<AccountBook, T> then,
      boolean isNew)
      implements Plan<T> {}

  /** It is so already. */
  record Same<T>(T value) implements Plan<T> {}

  /** It cannot be; see {@link Outcome.Refused}. */
  record No<T>(Reason reason, String detail, @Nullable String id) implements Plan<T> {
    No(Reason reason, String detail) {
      this(reason, detail, null);
    }
  }

  /**
   * One of what is kept elsewhere: here it is only remembered. Whoever asks for it makes it once
   * this is done, so that nothing changes without being remembered.
   *
   * @param before JSON, an object; null for nothing
   * @return a change whose value is the number under which it is remembered
   */
  static Change<Long> elsewhere(
      String action, String resource, @Nullable String before, @Nullable String after) {
    return (book, now, revision) ->
        new Write<>(action, resource, before, after, List.of(), changed -> revision, false);
  }

  /** It cannot be, because a condition does not hold. */
  static <T> No<T> broken(Reason reason, String what) {
    return new No<>(
        reason,
        reason == Reason.ALREADY_EXISTS
            ? what + " exists already. Leave out If-None-Match to replace it."
            : what
                + " is not as it was when it was looked at. Get it again, and send its ETag in"
                + " If-Match.");
  }
}

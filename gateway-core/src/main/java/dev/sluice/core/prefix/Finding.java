package dev.sluice.core.prefix;

import org.jspecify.annotations.Nullable;

/**
 * What a call's tokens mean to the prompt cache, once the provider has counted them. Whoever knows
 * prices says how much that is. Immutable; {@link #worth} from any thread, once.
 */
public final class Finding {

  static final Finding NOTHING = new Finding(Kind.NOTHING, 0, null);

  /** Which way. */
  public enum Kind {
    NOTHING,
    /** Read by a call that had waited; it would have written them. */
    SAVED,
    /** Not read although somebody else was writing them, or had written. */
    WASTED
  }

  private final Kind kind;
  private final long tokens;
  private final @Nullable PrefixEntry about;

  Finding(Kind kind, long tokens, @Nullable PrefixEntry about) {
    this.kind = kind;
    this.tokens = tokens;
    this.about = about;
  }

  public Kind kind() {
    return kind;
  }

  /** How many of the prompt. */
  public long tokens() {
    return tokens;
  }

  /**
   * What that comes to: the difference between writing and reading.
   *
   * @param nanoUsd not negative
   */
  public void worth(long nanoUsd) {
    if (about != null) {
      (kind == Kind.SAVED ? about.stats.saved : about.stats.wasted).add(nanoUsd);
    }
  }
}

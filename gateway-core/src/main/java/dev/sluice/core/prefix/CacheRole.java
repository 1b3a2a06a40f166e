package dev.sluice.core.prefix;

import java.util.Locale;

/** What a call was to the prompt cache; the label is what clients and people read. */
public enum CacheRole {
  /** It writes: nobody had written, or was writing. */
  LEADER,
  /** It waited until somebody else's answer had begun. */
  FOLLOWER,
  /** The entry was believed to be there. */
  WARM,
  /** It passed although somebody else was writing: gate off, waited long enough, or in doubt. */
  BYPASS;

  private final String label = name().toLowerCase(Locale.ROOT);

  public String label() {
    return label;
  }
}

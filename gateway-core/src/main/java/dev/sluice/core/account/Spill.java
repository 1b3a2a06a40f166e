package dev.sluice.core.account;

import java.util.Locale;

/** Why a call goes past the account that was first in line for it. */
public enum Spill {
  /** Its tokens would have to wait there. */
  POOL,
  /** It answered 429 lately. */
  REFUSED,
  /** It answered 503 or 529 lately. */
  OVERLOADED,
  /** No connection to it could be had lately. */
  UNREACHABLE;

  /** As a metric's label. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}

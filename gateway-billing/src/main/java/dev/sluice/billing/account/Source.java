package dev.sluice.billing.account;

/** Where a value comes from. */
public enum Source {
  /** The configuration file: only that can change it. */
  FILE,
  /** It was set while the gateway ran, and is kept. */
  STORE
}

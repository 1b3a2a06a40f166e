package dev.sluice.billing.usage;

/** Who counted. */
public enum UsageSource {
  /** The provider's own final count. */
  PROVIDER,
  /** The provider's count as far as it came before the answer broke off. */
  PARTIAL,
  /** Nothing was billed: the provider refused, or was never reached. */
  NONE,
  /** The gateway's estimate; the provider said nothing. */
  ESTIMATE
}

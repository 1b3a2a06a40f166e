package dev.sluice.core.flow;

import org.jspecify.annotations.Nullable;

/**
 * One account, or deployment, that may serve a route. Immutable; built by the configuration.
 *
 * @param provider its name in the configuration
 * @param priceTag whose prices it has, as price tables call it; null where nobody knows
 * @param providerKey the gateway's own key for it, or null where the client's is passed on or none
 *     is needed; a secret: {@link #toString} leaves it out
 */
public record ProviderAccount(
    String provider, @Nullable String priceTag, @Nullable String providerKey) {

  @Override
  public String toString() {
    return "ProviderAccount[" + provider + "]";
  }
}

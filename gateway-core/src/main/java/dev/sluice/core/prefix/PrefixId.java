package dev.sluice.core.prefix;

/**
 * A beginning of prompts that a provider caches as one entry: equal for two requests exactly where
 * the provider would find the same entry, as far as can be told from outside. Says nothing of the
 * prompt.
 *
 * @param account name of the provider's account; entries are never shared between accounts
 * @param high half of a keyed hash of model, workspace and all bytes of the beginning
 * @param low the other half
 */
public record PrefixId(String account, long high, long low) {

  @Override
  public int hashCode() {
    return Long.hashCode(low); // half of a good hash already
  }

  /** For people: the account and 16 hexadecimal digits. */
  public String text() {
    return account + "/" + "%016x".formatted(high);
  }

  @Override
  public String toString() {
    return text();
  }
}

package dev.sluice.core.account;

import dev.sluice.core.identity.Fingerprint;

/**
 * Which account a prompt prefix belongs to, without any table: rendezvous hashing (Thaler,
 * Ravishankar: Using name-based mappings to increase hit rates, IEEE/ACM Transactions on Networking
 * 1998). Each account weighs each key; the heaviest has it, the next one is its substitute. An
 * account that goes takes nothing along but its own keys, and has them again when it is back. Pure.
 */
final class Affinity {

  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private Affinity() {}

  /** What a name has to say in {@link #weight}: the same in every process. */
  static long seed(String name) {
    long hash = FNV_OFFSET;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * FNV_PRIME;
    }
    return mixed(hash);
  }

  /** How much an account wants a key, as an unsigned number. */
  static long weight(Fingerprint key, long seed) {
    return mixed(mixed(key.high() ^ seed) ^ key.low());
  }

  /** The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA '14): each bit moves all. */
  private static long mixed(long bits) {
    long z = bits + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}

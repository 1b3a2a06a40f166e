package dev.sluice.core.flow;

import dev.sluice.core.dialect.PromptLayout;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.identity.Fingerprint;
import dev.sluice.core.identity.Fingerprinter;
import dev.sluice.core.prefix.CacheRules;
import dev.sluice.core.prefix.Prefix;
import dev.sluice.core.prefix.PrefixId;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The beginnings of a prompt that its provider may cache: found once, for what a client sends and
 * for what is registered alike, or the two would not be the same entries. Immutable.
 *
 * @param rules how the model's prompts are cached
 * @param all shortest first; not empty
 */
public record Beginnings(CacheRules rules, List<Beginning> all) {

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  /**
   * One of them.
   *
   * @param entry its number in the layout
   * @param bytes of it, as written
   * @param lifetimeNanos of an entry that is not used, as asked for or as the provider has it
   */
  public record Beginning(int entry, Fingerprint hash, long bytes, long lifetimeNanos) {}

  public Beginnings {
    all = List.copyOf(all);
  }

  /**
   * Those of a body that are long enough to be looked at. Any thread.
   *
   * @param scope asked for only if there is something to be hashed; see {@code PromptScope}
   * @param body that of the layout; only read
   * @return null if there are none
   */
  public static @Nullable Beginnings of(
      Route.Family family,
      String model,
      PromptLayout layout,
      ByteBuf body,
      Fingerprinter fingerprinter,
      Supplier<String> scope) {
    List<PromptLayout.Entry> entries = layout.entries();
    CacheRules rules = CacheRules.of(family, model);
    if (entries.isEmpty() || !rules.mayBeCached(entries.getLast().bytes())) {
      return null;
    }
    List<Fingerprint> hashes = fingerprinter.prefixes(scope.get(), body, layout);
    List<Beginning> all = new ArrayList<>(entries.size());
    for (int i = 0; i < entries.size(); i++) {
      PromptLayout.Entry entry = entries.get(i);
      if (rules.mayBeCached(entry.bytes())) {
        long asked = entry.lifetimeSeconds() * NANOS_PER_SECOND;
        long lifetime = asked > 0 ? asked : rules.lifetime().toNanos();
        all.add(new Beginning(i, hashes.get(i), entry.bytes(), lifetime));
      }
    }
    return new Beginnings(rules, all);
  }

  /** By which calls keep to one account. */
  public Fingerprint affinity() {
    return all.getFirst().hash;
  }

  /** The entry that one of them is at an account. */
  PrefixId id(Beginning of, String account) {
    return new PrefixId(account, of.hash.high(), of.hash.low());
  }

  /**
   * Those that the provider caches, as far as tokens can be estimated; empty where all are too
   * short.
   *
   * @param inputTokens of the whole body, estimated
   * @param bodyBytes its length
   */
  public List<Prefix> chain(String account, long inputTokens, long bodyBytes) {
    double tokensPerByte = (double) inputTokens / Math.max(1, bodyBytes);
    List<Prefix> chain = new ArrayList<>(all.size());
    for (Beginning each : all) {
      long tokens = (long) (each.bytes * tokensPerByte);
      if (tokens >= rules.tokensMin()) {
        chain.add(
            new Prefix(
                id(each, account), each.bytes, tokens, each.lifetimeNanos, rules.isWriteCounted()));
      }
    }
    return chain;
  }
}

package dev.sluice.core.warm;

import org.jspecify.annotations.Nullable;

/**
 * Finds out what a provider would cache of a request. Any thread; may take a while, never waits.
 */
@FunctionalInterface
public interface PrefixReader {

  /** What was found. */
  sealed interface Reading {}

  /**
   * There is something.
   *
   * @param id as {@link KnownPrefix#id}
   * @param fingerprint for people: tells prefixes apart, and nothing of what is in them
   * @param provider as the configuration calls it
   * @param model as the request names it
   * @param tokens of the prefix, estimated
   * @param lifetimeNanos that the request asks for, or that the provider gives
   * @param obstacle why it cannot be refreshed, in whole sentences without anything of the request;
   *     null where it can
   */
  record Cacheable(
      Object id,
      String fingerprint,
      String provider,
      String model,
      long tokens,
      long lifetimeNanos,
      @Nullable String obstacle)
      implements Reading {}

  /**
   * There is nothing.
   *
   * @param reason whole sentences, without anything of the request
   */
  record NotCacheable(String reason) implements Reading {}

  /**
   * Looks.
   *
   * @param route by which the request would go; there may be none of this name
   * @param request a JSON body
   */
  Reading read(String route, String request);
}

package dev.sluice.core.prefix;

/**
 * One of the cacheable beginnings of a request.
 *
 * @param bytes of the whole beginning, as written; tells how a provider's count is shared out
 * @param tokens of it, estimated
 * @param lifetimeNanos how long the provider keeps an entry that is not used
 * @param isWriteCounted whether the provider tells what it wrote; else only reads are seen
 */
public record Prefix(
    PrefixId id, long bytes, long tokens, long lifetimeNanos, boolean isWriteCounted) {}

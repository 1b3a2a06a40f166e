package dev.sluice.core.prefix;

import org.jspecify.annotations.Nullable;

/**
 * A picture of one prefix. Money in nano-dollars; all sums since the gateway knows it.
 *
 * @param model as requests name it
 * @param name of its registration, or null
 * @param gate what the gate does about it
 * @param state {@code cold}, {@code warming}, {@code warm} or {@code suspect}
 * @param atNanos when the picture was taken, by the gate's clock, as {@code lastUseNanos}
 * @param warmForNanos how long it is still believed to be there; 0 if it is not
 * @param lastUseNanos by traffic; {@link Long#MIN_VALUE} for never
 * @param followers calls that have waited for another's answer
 * @param bypasses calls that passed while another was writing
 * @param evictions times that it had gone before its time
 * @param wasted what was paid for writes of what somebody else was writing, or had written
 * @param saved what followers did not pay
 */
public record PrefixView(
    PrefixId id,
    String model,
    @Nullable String name,
    GateMode gate,
    String state,
    long tokens,
    long lifetimeNanos,
    long atNanos,
    long warmForNanos,
    long lastUseNanos,
    long writeNanos,
    long calls,
    long writes,
    long readTokens,
    long writtenTokens,
    long followers,
    long bypasses,
    long evictions,
    long wasted,
    long saved) {}

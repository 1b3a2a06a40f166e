package dev.sluice.core.refresh;

import org.jspecify.annotations.Nullable;

/**
 * What the gate knows of a prefix. Money in nano-dollars; all sums since the gateway knows it.
 *
 * @param name under which it is registered, or null
 * @param state {@code cold}, {@code warming}, {@code warm} or {@code suspect}
 * @param gate {@code off}, {@code observe} or {@code on}
 * @param calls of clients
 * @param followers calls that waited for another's answer to begin
 * @param bypasses calls that passed while another was writing
 * @param evictions times that it had gone before its time
 * @param wasted what was paid for writing what another call was writing, or had written
 * @param saved what followers did not pay
 */
public record PrefixFigures(
    @Nullable String name,
    String state,
    String gate,
    long calls,
    long writes,
    long readTokens,
    long writtenTokens,
    long followers,
    long bypasses,
    long evictions,
    long wasted,
    long saved) {}

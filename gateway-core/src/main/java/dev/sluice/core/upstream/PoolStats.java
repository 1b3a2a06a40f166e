package dev.sluice.core.upstream;

/**
 * Connections of one loop to one provider, at about one moment.
 *
 * @param open connections, those being opened included
 * @param idle of these, how many wait for a request
 * @param waiting requests that wait for a connection because the bound is reached
 */
public record PoolStats(String provider, int open, int idle, int waiting) {}

package dev.sluice.core.upstream;

import java.net.URI;
import java.time.Duration;

/**
 * How one provider is reached. Immutable.
 *
 * @param name the provider's name in the configuration; a metric label
 * @param baseUrl scheme, host, optional port, optional path prefix without a trailing slash
 * @param connectTimeout TCP and TLS together
 * @param connectionsMax open connections to this provider, per event loop
 * @param queueMax requests that may wait for a connection, per event loop
 * @param queueTimeout how long one may wait
 * @param idleMax a pooled connection unused for this long is closed; keep it below the provider's
 * @param ageMax a connection older than this takes no new request
 */
public record UpstreamSettings(
    String name,
    URI baseUrl,
    Duration connectTimeout,
    int connectionsMax,
    int queueMax,
    Duration queueTimeout,
    Duration idleMax,
    Duration ageMax) {}

package dev.sluice.core.upstream;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How one provider is reached. Immutable.
 *
 * @param name the provider's name in the configuration; a metric label
 * @param baseUrl scheme, host, optional port, optional path prefix without a trailing slash
 * @param connectTimeout name resolution, TCP and TLS together
 * @param connectionsMax open connections to this provider, per event loop
 * @param queueMax requests that may wait for a connection, per event loop
 * @param queueTimeout how long one may wait
 * @param idleMax a pooled connection unused for this long is closed; keep it below the provider's
 * @param ageMax a connection older than this takes no new request
 * @param trustedCertificates PEM file of certificate authorities that are trusted besides those of
 *     the system, or null
 */
public record UpstreamSettings(
    String name,
    URI baseUrl,
    Duration connectTimeout,
    int connectionsMax,
    int queueMax,
    Duration queueTimeout,
    Duration idleMax,
    Duration ageMax,
    @Nullable Path trustedCertificates) {

  /** Trusts what the system trusts. */
  public UpstreamSettings(
      String name,
      URI baseUrl,
      Duration connectTimeout,
      int connectionsMax,
      int queueMax,
      Duration queueTimeout,
      Duration idleMax,
      Duration ageMax) {
    this(
        name,
        baseUrl,
        connectTimeout,
        connectionsMax,
        queueMax,
        queueTimeout,
        idleMax,
        ageMax,
        null);
  }
}

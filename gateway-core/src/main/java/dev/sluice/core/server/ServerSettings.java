package dev.sluice.core.server;

import java.time.Duration;

/**
 * The client port and its bounds. Immutable.
 *
 * @param address local address to bind
 * @param port 0 for any free one
 * @param eventLoops threads that serve connections; 0: one per core
 * @param requestLineMaxBytes beyond it 414
 * @param headMaxBytes all header fields together; beyond it 431
 * @param headFieldsMax number of header fields; beyond it 431
 * @param headTime a head must be whole this long after its first byte; beyond it 408
 * @param bodyRateMinBytes bytes per second that an upload must average after {@code headTime};
 *     below it 408
 * @param clientIdle a kept-alive connection without a request is closed after this; announced in
 *     {@code Keep-Alive}
 * @param writeStall a client that takes no byte for this long has walked away
 * @param connectionsMax open client connections in all; beyond it new ones are closed at once
 * @param requestsPerConnectionMax after so many the connection is closed, politely
 */
public record ServerSettings(
    String address,
    int port,
    int eventLoops,
    Transport transport,
    int requestLineMaxBytes,
    int headMaxBytes,
    int headFieldsMax,
    Duration headTime,
    long bodyRateMinBytes,
    Duration clientIdle,
    Duration writeStall,
    int connectionsMax,
    int requestsPerConnectionMax) {

  /** Which of Netty's transports is used. */
  public enum Transport {
    /** epoll where its native library loads, else NIO. */
    AUTO,
    EPOLL,
    NIO
  }
}

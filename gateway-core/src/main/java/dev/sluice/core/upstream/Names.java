package dev.sluice.core.upstream;

import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.resolver.dns.DnsServerAddressStreamProviders;
import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Host names to addresses, without blocking a loop. */
public final class Names {
  // A provider moves traffic by short TTLs; one of 0 must not cost a query per connection, and one
  // of a day must not outlive an outage.
  private static final int TTL_MIN_SECONDS = 5;
  private static final int TTL_MAX_SECONDS = 300;
  private static final int NEGATIVE_TTL_SECONDS = 2;
  private static final long QUERY_TIMEOUT_MILLIS = 2_000;

  private Names() {}

  /**
   * A resolver that asks the system's DNS servers from the loop itself, and keeps to the records'
   * TTL within bounds. To be closed by the caller.
   */
  public static AddressResolverGroup<InetSocketAddress> dns(Transport transport) {
    return dns(transport, DnsServerAddressStreamProviders.platformDefault());
  }

  static AddressResolverGroup<InetSocketAddress> dns(
      Transport transport, DnsServerAddressStreamProvider servers) {
    return new DnsAddressResolverGroup(
        new DnsNameResolverBuilder()
            .nameServerProvider(servers)
            .datagramChannelType(transport.datagram())
            .socketChannelType(transport.client()) // answers too long for a datagram
            .ttl(TTL_MIN_SECONDS, TTL_MAX_SECONDS)
            .negativeTtl(NEGATIVE_TTL_SECONDS)
            .queryTimeoutMillis(QUERY_TIMEOUT_MILLIS));
  }

  /** The addresses of what needs no server: literal addresses and localhost; else null. */
  static @Nullable List<InetSocketAddress> withoutServer(String host, int port) {
    try {
      if (host.equalsIgnoreCase("localhost")) { // RFC 6761, 6.3: always loopback
        return List.of(
            new InetSocketAddress(Inet4Address.getByAddress(host, new byte[] {127, 0, 0, 1}), port),
            new InetSocketAddress(
                Inet6Address.getByAddress(host, NetUtil.createByteArrayFromIpAddressString("::1")),
                port));
      }
      byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
      return literal == null
          ? null
          : List.of(new InetSocketAddress(InetAddress.getByAddress(host, literal), port));
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 or 16 bytes was refused", e);
    }
  }
}

package dev.sluice.core.upstream;

import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.resolver.AddressResolverGroup;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The providers, as one event loop reaches them. Confined to that loop. */
public final class Upstreams {
  /** What every channel allocates from, clients' as well: see "Decisions" in the module's page. */
  public static final ByteBufAllocator ALLOCATOR = PooledByteBufAllocator.DEFAULT;

  private final EventLoop loop;
  private final Map<String, ConnectionPool> pools;

  /**
   * @param loop where every connection lives, and whence every call comes
   * @param wheel the loop's
   * @param providers those of the configuration; shared between loops
   * @param dns the process's; not closed here
   */
  public Upstreams(
      EventLoop loop,
      Transport transport,
      SilenceWheel wheel,
      Collection<Provider> providers,
      AddressResolverGroup<InetSocketAddress> dns) {
    this.loop = loop;
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(transport.client())
            .disableResolver() // names are resolved before, so that each address can be tried
            .option(ChannelOption.ALLOCATOR, ALLOCATOR)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0) // the wheel keeps the deadline
            .option(ChannelOption.AUTO_CLOSE, false); // an early answer outlives a failed write
    Map<String, ConnectionPool> byName = new HashMap<>();
    for (Provider provider : providers) {
      byName.put(provider.name(), new ConnectionPool(provider, loop, wheel, bootstrap, dns));
    }
    this.pools = Map.copyOf(byName);
  }

  /**
   * Sends the request over a connection of this loop. First-byte, idle and total limits of the call
   * are the caller's. The listener hears nothing before this method has returned.
   *
   * @param provider a name from the configuration
   * @param request its headers are the connection's from now on; its body is released in any case
   * @throws IllegalArgumentException if there is no such provider, or the target or a field would
   *     not survive the wire
   */
  public UpstreamStream open(String provider, UpstreamRequest request, UpstreamListener listener) {
    assert loop.inEventLoop();
    ConnectionPool pool = pools.get(provider);
    if (pool == null) {
      request.body().release();
      throw new IllegalArgumentException(
          "No provider \"%s\". Known: %s".formatted(provider, pools.keySet()));
    }
    UpstreamCall call = new UpstreamCall(pool, pool.provider(), request, listener);
    pool.take(call);
    return call;
  }

  /**
   * A call to this provider will come soon, with many others, and {@link #expectNoMore} before it:
   * there will be a connection for it, as far as the bound allows.
   *
   * @param provider a name from the configuration
   */
  public void expect(String provider) {
    assert loop.inEventLoop();
    ConnectionPool pool = pools.get(provider);
    if (pool != null) {
      pool.expect();
    }
  }

  /** That call comes now, or not at all. Once for each {@link #expect}. */
  public void expectNoMore(String provider) {
    assert loop.inEventLoop();
    ConnectionPool pool = pools.get(provider);
    if (pool != null) {
      pool.expectNoMore();
    }
  }

  /** Connections per provider at this moment, roughly. From any thread. */
  public List<PoolStats> stats() {
    return pools.values().stream().map(ConnectionPool::stats).toList();
  }

  /** Closes what is idle and takes no more requests; those under way go on. */
  public void close() {
    assert loop.inEventLoop();
    pools.values().forEach(ConnectionPool::close);
  }
}

package dev.sluice.core.upstream;

import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.Future;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to open a connection: name, then address after address, then TLS, all before one
 * deadline. The time that is left is shared evenly by the addresses that are left, so that one that
 * swallows packets does not take it all. Confined to the loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // closing a channel has no outcome to wait for
final class Connecting extends SilenceWheel.Entry {
  private static final int ADDRESSES_MAX = 3;

  private final ConnectionPool pool;
  private final Provider provider;
  private final @Nullable UpstreamCall call;
  private final Bootstrap bootstrap;
  private final EventLoop loop;
  private final SilenceWheel wheel;
  private final long deadlineNanos;
  private List<InetSocketAddress> addresses = List.of();
  private int tried;
  private int attempts; // those given up count, so that what they still say is not heard
  private @Nullable Channel channel;
  private UpstreamFailure failure;
  private boolean wasClosedBefore;
  private boolean isOver;

  Connecting(
      ConnectionPool pool,
      Provider provider,
      @Nullable UpstreamCall call,
      Bootstrap bootstrap,
      EventLoop loop,
      SilenceWheel wheel) {
    this.pool = pool;
    this.provider = provider;
    this.call = call;
    this.bootstrap = bootstrap;
    this.loop = loop;
    this.wheel = wheel;
    this.deadlineNanos = wheel.nanoTime() + provider.settings().connectTimeout().toNanos();
    this.failure = neverSent("dns_failed", "no answer from name resolution in time");
  }

  /** Null where nobody waits for it yet. */
  @Nullable UpstreamCall call() {
    return call;
  }

  void start(AddressResolverGroup<InetSocketAddress> dns) {
    wheel.watch(this, deadlineNanos);
    List<InetSocketAddress> known = Names.withoutServer(provider.host(), provider.port());
    if (known != null) {
      resolved(known);
      return;
    }
    dns.getResolver(loop)
        .resolveAll(InetSocketAddress.createUnresolved(provider.host(), provider.port()))
        .addListener(
            (Future<List<InetSocketAddress>> answer) -> {
              if (isOver) {
                return;
              }
              if (answer.isSuccess() && !answer.getNow().isEmpty()) {
                resolved(answer.getNow());
              } else {
                failure = neverSent("dns_failed", "the name is not known: " + why(answer.cause()));
                fail();
              }
            });
  }

  private void resolved(List<InetSocketAddress> found) {
    addresses = found.size() > ADDRESSES_MAX ? found.subList(0, ADDRESSES_MAX) : found;
    wheel.watch(this, tryNext());
  }

  /**
   * @return until when this address may take
   */
  private long tryNext() {
    InetSocketAddress address = addresses.get(tried++);
    int attempt = ++attempts;
    long nowNanos = wheel.nanoTime();
    long untilNanos =
        nowNanos + Math.max(0, deadlineNanos - nowNanos) / (addresses.size() - tried + 1);
    failure = neverSent("connect_timeout", "no connection to " + address + " in time");
    AnswerDecoder decoder = new AnswerDecoder();
    UpstreamConnection connection = new UpstreamConnection(pool, provider, decoder, wheel);
    Opener opener = new Opener(decoder, connection);
    ChannelFuture connected = bootstrap.clone().handler(opener).connect(address);
    channel = connected.channel();
    connected.addListener(
        (ChannelFuture done) -> {
          if (isOver || attempt != attempts) {
            done.channel().close();
          } else if (done.isSuccess()) {
            opener
                .ready()
                .addListener(ready -> secured(attempt, done.channel(), connection, ready));
          } else {
            refused(address, done.cause());
          }
        });
    return untilNanos;
  }

  private void refused(InetSocketAddress address, Throwable cause) {
    if (cause instanceof ClosedChannelException && !wasClosedBefore) {
      // Nobody here closed it and no peer can have: an event that epoll had for a socket closed in
      // the same turn of the loop was taken for one of the new socket, which got its number. Seen
      // once in some ten thousand connections, where as many are closed.
      wasClosedBefore = true;
      tried--;
      wheel.watch(this, tryNext());
      return;
    }
    boolean isRefusal =
        cause instanceof ConnectException
            && why(cause).toLowerCase(Locale.ROOT).contains("refused");
    failure =
        neverSent(isRefusal ? "connect_refused" : "connect_failed", address + ": " + why(cause));
    if (tried < addresses.size() && wheel.nanoTime() < deadlineNanos) {
      wheel.watch(this, tryNext());
    } else {
      fail();
    }
  }

  private void secured(
      int attempt, Channel opened, UpstreamConnection connection, Future<?> ready) {
    if (isOver || attempt != attempts) {
      opened.close();
    } else if (ready.isSuccess()) {
      isOver = true;
      wheel.forget(this);
      pool.opened(connection, call);
    } else {
      // Another address of the same name would show the same certificate.
      failure = neverSent("tls_failed", why(ready.cause()));
      fail();
    }
  }

  @Override
  protected long onDeadline(long nowNanos) {
    attempts++;
    Channel late = channel;
    channel = null;
    if (late != null) {
      late.close();
    }
    if (tried < addresses.size() && nowNanos < deadlineNanos) {
      return tryNext();
    }
    fail();
    return SilenceWheel.NEVER;
  }

  private void fail() {
    isOver = true;
    wheel.forget(this);
    if (channel != null) {
      channel.close();
    }
    pool.notOpened(this, failure);
  }

  private UpstreamFailure neverSent(String code, String what) {
    return new UpstreamFailure.NeverSent(code, provider.address() + ": " + what);
  }

  private static String why(@Nullable Throwable cause) {
    if (cause == null) {
      return "no address";
    }
    if (cause instanceof ClosedChannelException) {
      return "the connection was closed";
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  /** Puts the pipeline together as soon as the channel has its loop. */
  private final class Opener extends ChannelInitializer<Channel> {
    private final AnswerDecoder decoder;
    private final UpstreamConnection connection;
    private @Nullable Future<Channel> ready;

    Opener(AnswerDecoder decoder, UpstreamConnection connection) {
      this.decoder = decoder;
      this.connection = connection;
    }

    @Override
    protected void initChannel(Channel registered) {
      ready = UpstreamPipeline.assemble(registered, provider, decoder, connection);
    }

    Future<Channel> ready() {
      Future<Channel> assembled = ready;
      if (assembled == null) {
        throw new IllegalStateException("a channel was connected before its pipeline was made");
      }
      return assembled;
    }
  }
}

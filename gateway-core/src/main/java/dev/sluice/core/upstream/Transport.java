package dev.sluice.core.upstream;

import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/**
 * How this process does its I/O: what loops are made of, and which channels run on them. Immutable;
 * one for clients and providers alike, because both sides of a call share a loop.
 *
 * @param name for logs: {@code epoll} or {@code nio}
 * @param handlers what an event loop polls with
 * @param server listening channels
 * @param client connections to providers
 * @param datagram what name resolution speaks through
 */
public record Transport(
    String name,
    IoHandlerFactory handlers,
    Class<? extends ServerSocketChannel> server,
    Class<? extends SocketChannel> client,
    Class<? extends DatagramChannel> datagram) {

  /** epoll where its native library loads, else NIO. */
  public static Transport best() {
    return Epoll.isAvailable() ? epoll() : nio();
  }

  /**
   * Linux only.
   *
   * @throws UnsatisfiedLinkError if the native library does not load here
   */
  public static Transport epoll() {
    Epoll.ensureAvailability();
    return new Transport(
        "epoll",
        EpollIoHandler.newFactory(),
        EpollServerSocketChannel.class,
        EpollSocketChannel.class,
        EpollDatagramChannel.class);
  }

  public static Transport nio() {
    return new Transport(
        "nio",
        NioIoHandler.newFactory(),
        NioServerSocketChannel.class,
        NioSocketChannel.class,
        NioDatagramChannel.class);
  }

  /** Event loops, not yet started, whose threads are named after {@code threadName}. */
  public IoEventLoopGroup loops(int count, String threadName) {
    return new MultiThreadIoEventLoopGroup(count, new DefaultThreadFactory(threadName), handlers);
  }
}

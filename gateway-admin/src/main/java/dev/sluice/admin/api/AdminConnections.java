package dev.sluice.admin.api;

import io.netty.channel.Channel;

/** Counts the connections of the admin port. Confined to its one loop. */
final class AdminConnections {

  private final int max;
  private int open;

  AdminConnections(int max) {
    this.max = max;
  }

  /** Counts a new connection until it closes; beyond the bound it is closed at once. */
  boolean enter(Channel channel) {
    assert channel.eventLoop().inEventLoop();
    if (open >= max) {
      channel.unsafe().closeForcibly();
      return false;
    }
    open++;
    channel.closeFuture().addListener(closed -> open--);
    return true;
  }
}

package dev.sluice.it.load;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.random.RandomGenerator;

/** Ports of 127.0.0.1. */
public final class Ports {

  /** Below what Linux and others give to clients. */
  private static final int LOW = 20_000;

  private static final int HIGH = 32_000;
  private static final int TRIES = 100;

  private Ports() {}

  /**
   * A port for a server that goes and comes back while clients ask for it. Not one of those that
   * clients are given: among these one would sooner or later get the server's own, be connected to
   * itself, and keep the server from its place.
   */
  public static int forComingAndGoing(RandomGenerator random) throws IOException {
    for (int i = 0; i < TRIES; i++) {
      int port = random.nextInt(LOW, HIGH);
      try (ServerSocket socket = new ServerSocket()) {
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return port;
      } catch (IOException taken) {
        // another one
      }
    }
    throw new IOException("No port between " + LOW + " and " + HIGH + " seems to be free.");
  }
}

package dev.sluice.core.config;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** What a host in the file means, without asking a name server. */
final class Hosts {

  private Hosts() {}

  /** Whether the text is an IP address in its usual form. */
  static boolean isLiteral(String host) {
    // InetAddress also takes "1" and "127.1", which are more often a slip than meant.
    int dots = (int) host.chars().filter(c -> c == '.').count();
    return (host.indexOf(':') >= 0 || dots == 3) && !host.startsWith("[") && literal(host) != null;
  }

  /** Whether only this machine can be meant; false for a name that would have to be looked up. */
  static boolean isLoopback(String host) {
    if (host.equals("localhost")) {
      return true;
    }
    InetAddress address = isLiteral(host) ? literal(host) : null;
    return address != null && address.isLoopbackAddress();
  }

  private static @Nullable InetAddress literal(String host) {
    try {
      return InetAddress.ofLiteral(host);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}

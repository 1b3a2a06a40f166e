package dev.sluice.core.server;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Which way bytes take to a client, as coarsely as it still tells one idle limit from another: the
 * peer's network, the intermediary it names, the program it says it is. Never one host.
 */
final class PathClass {
  private static final int LENGTH_MAX = 64;
  private static final int WORD_MAX = 20;

  private PathClass() {}

  /** For example {@code v4:203.0 via:cloudfront ua:openai}; at most 64 characters. */
  static String of(@Nullable SocketAddress peer, @Nullable String via, @Nullable String userAgent) {
    StringBuilder name = new StringBuilder(LENGTH_MAX);
    network(name, peer);
    if (via != null) {
      appendWord(name, " via:", intermediary(via));
    }
    if (userAgent != null) {
      appendWord(name, " ua:", userAgent);
    }
    return name.length() > LENGTH_MAX ? name.substring(0, LENGTH_MAX) : name.toString();
  }

  private static void network(StringBuilder name, @Nullable SocketAddress peer) {
    InetAddress address = peer instanceof InetSocketAddress inet ? inet.getAddress() : null;
    switch (address) {
      case InetAddress a when a.isLoopbackAddress() -> name.append("loopback");
      case Inet4Address v4 -> {
        byte[] b = v4.getAddress();
        name.append("v4:").append(b[0] & 0xff).append('.').append(b[1] & 0xff);
      }
      case Inet6Address v6 -> {
        byte[] b = v6.getAddress();
        name.append("v6:")
            .append(Integer.toHexString((b[0] & 0xff) << 8 | (b[1] & 0xff)))
            .append(':')
            .append(Integer.toHexString((b[2] & 0xff) << 8 | (b[3] & 0xff)));
      }
      case null, default -> name.append("local");
    }
  }

  /**
   * Who the nearest intermediary says it is (RFC 9110 section 7.6.3): the product in its comment,
   * else the last two labels of its name, so that the many hosts of one product are one class.
   */
  private static String intermediary(String via) {
    int end = via.indexOf(',') < 0 ? via.length() : via.indexOf(',');
    String first = via.substring(0, end).strip();
    int comment = first.indexOf('(');
    if (comment >= 0) {
      return first.substring(comment + 1);
    }
    String by = first.substring(first.indexOf(' ') + 1).strip();
    int port = by.indexOf(':');
    if (port >= 0) {
      by = by.substring(0, port);
    }
    boolean isAddress =
        by.isEmpty() || by.charAt(0) == '[' || Character.isDigit(by.charAt(by.length() - 1));
    if (isAddress && by.indexOf('.') >= 0) {
      return "address";
    }
    int last = by.lastIndexOf('.');
    int secondLast = last < 0 ? -1 : by.lastIndexOf('.', last - 1);
    return by.substring(secondLast + 1);
  }

  /** The first token of {@code text}, up to its version, in lower case. */
  private static void appendWord(StringBuilder name, String label, String text) {
    int start = name.length();
    name.append(label);
    int length = Math.min(text.length(), WORD_MAX);
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        c = (char) (c + ('a' - 'A'));
      }
      if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.')) {
        break;
      }
      name.append(c);
    }
    if (name.length() == start + label.length()) {
      name.setLength(start);
    }
  }
}

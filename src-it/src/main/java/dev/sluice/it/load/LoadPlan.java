package dev.sluice.it.load;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * What is to be asked, how often, for how long. Immutable.
 *
 * @param path path and query
 * @param headers further fields, each {@code Name: value}
 * @param body of a POST; empty: a GET
 * @param connections in all; each has at most one request under way
 * @param ratePerSecond requests begun per second, whatever becomes of them (open loop); 0: each
 *     connection asks again as soon as it has its answer (closed loop)
 * @param warmUp time at the start whose requests are not counted
 * @param duration counted time
 * @param isStream whether answers are event streams, whose events are counted too
 */
public record LoadPlan(
    String host,
    int port,
    String path,
    List<String> headers,
    byte[] body,
    int connections,
    double ratePerSecond,
    Duration warmUp,
    Duration duration,
    boolean isStream) {

  /** The request as it is written, the same each time. */
  byte[] wire() {
    StringBuilder head = new StringBuilder(body.length == 0 ? "GET " : "POST ");
    head.append(path).append(" HTTP/1.1\r\nHost: ").append(host).append(':').append(port);
    for (String field : headers) {
      head.append("\r\n").append(field);
    }
    if (body.length > 0) {
      head.append("\r\nContent-Type: application/json\r\nContent-Length: ").append(body.length);
    }
    byte[] headBytes = head.append("\r\n\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    byte[] wire = new byte[headBytes.length + body.length];
    System.arraycopy(headBytes, 0, wire, 0, headBytes.length);
    System.arraycopy(body, 0, wire, headBytes.length, body.length);
    return wire;
  }
}

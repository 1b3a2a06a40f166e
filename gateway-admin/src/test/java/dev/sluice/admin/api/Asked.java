package dev.sluice.admin.api;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;

/** Requests for tests that need no port. */
final class Asked {

  private Asked() {}

  /** With a query and header fields, names and values in turn. */
  static AdminRequest get(String path, String query, String... fields) {
    return new AdminRequest("GET", path, query, headers(fields), new byte[0]);
  }

  /** With a JSON body. */
  static AdminRequest json(String body, String... fields) {
    return bytes(body.getBytes(StandardCharsets.UTF_8), fields);
  }

  static AdminRequest bytes(byte[] body, String... fields) {
    HttpHeaders headers = headers(fields);
    if (!headers.contains("Content-Type")) {
      headers.set("Content-Type", "application/json");
    }
    return new AdminRequest("PUT", "/x", "", headers, body);
  }

  private static HttpHeaders headers(String... fields) {
    HttpHeaders headers = new DefaultHttpHeaders();
    for (int i = 0; i < fields.length; i += 2) {
      headers.add(fields[i], fields[i + 1]);
    }
    return headers;
  }

  static String text(AdminAnswer answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }
}

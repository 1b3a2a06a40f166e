package dev.sluice.admin.api;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * What an endpoint answers.
 *
 * @param headers besides {@code Content-Type}, {@code Content-Length} and {@code Cache-Control}
 * @param body not to be modified once handed over
 */
public record AdminAnswer(
    int status, String contentType, Map<String, String> headers, byte[] body) {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** 200 with the value as JSON: a record, map, list or plain value. */
  public static AdminAnswer json(Object value) {
    return new AdminAnswer(200, "application/json", Map.of(), JSON.writeValueAsBytes(value));
  }

  /**
   * A problem document (RFC 9457) without a type of its own.
   *
   * @param code stable, lower snake case
   * @param detail what happened, which value, what is allowed, what to do
   */
  public static AdminAnswer problem(int status, String title, String code, String detail) {
    return problem(status, title, code, detail, Map.of());
  }

  static AdminAnswer problem(
      int status, String title, String code, String detail, Map<String, String> headers) {
    var members = new LinkedHashMap<String, Object>();
    members.put("title", title);
    members.put("status", status);
    members.put("code", code);
    members.put("detail", detail);
    return new AdminAnswer(
        status, "application/problem+json", headers, JSON.writeValueAsBytes(members));
  }

  static AdminAnswer text(int status, String text) {
    return new AdminAnswer(
        status, "text/plain; charset=utf-8", Map.of(), text.getBytes(StandardCharsets.UTF_8));
  }
}

package dev.sluice.admin.api;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/**
 * What an endpoint answers.
 *
 * @param contentType empty where there is no body
 * @param headers besides {@code Content-Type}, {@code Content-Length} and {@code Cache-Control}
 * @param body not to be modified once handed over
 */
public record AdminAnswer(
    int status, String contentType, Map<String, String> headers, byte[] body) {

  /** Members are in snake case, whatever their records call them. */
  private static final JsonMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  /** 200 with the value as JSON: a record, map, list or plain value. */
  public static AdminAnswer json(Object value) {
    return json(200, value, Map.of());
  }

  /** The value as JSON, likewise. */
  public static AdminAnswer json(int status, Object value, Map<String, String> headers) {
    return new AdminAnswer(status, "application/json", headers, JSON.writeValueAsBytes(value));
  }

  /** It is done, and there is nothing to say. */
  public static AdminAnswer noContent() {
    return new AdminAnswer(204, "", Map.of(), new byte[0]);
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
    return problem(status, title, code, detail, headers, Map.of());
  }

  /**
   * Likewise.
   *
   * @param more members besides the usual ones, in their order
   */
  static AdminAnswer problem(
      int status,
      String title,
      String code,
      String detail,
      Map<String, String> headers,
      Map<String, ?> more) {
    var members = new LinkedHashMap<String, Object>();
    members.put("title", title);
    members.put("status", status);
    members.put("code", code);
    members.put("detail", detail);
    members.putAll(more);
    return new AdminAnswer(
        status, "application/problem+json", headers, JSON.writeValueAsBytes(members));
  }

  static AdminAnswer text(int status, String text) {
    return new AdminAnswer(
        status, "text/plain; charset=utf-8", Map.of(), text.getBytes(StandardCharsets.UTF_8));
  }
}

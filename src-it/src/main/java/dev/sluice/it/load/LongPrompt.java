package dev.sluice.it.load;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Anthropic requests that begin with one long prompt, which ends in a cache breakpoint, and go on
 * with a question of their own. The bodies of one prompt have the same length.
 *
 * @param name parts its text from that of all others
 * @param bytes of its text
 */
public record LongPrompt(String name, int bytes) {

  /** A model whose prompts are cached from 1,024 tokens on. */
  public static final String MODEL = "claude-sonnet-4-5";

  public static final String PATH = "/v1/messages";

  /** ASCII without quotes. */
  public String text() {
    StringBuilder text = new StringBuilder(bytes + 100).append("You work for ").append(name);
    text.append(". ");
    for (int i = 0; text.length() < bytes; i++) {
      text.append("Rule ").append(100_000 + i).append(": measure twice, cut once, and say why. ");
    }
    text.setLength(bytes);
    return text.toString();
  }

  /** Everything but the number of the question, which stands where the text says {@code %08d}. */
  private String template() {
    return "{\"model\":\""
        + MODEL
        + "\",\"max_tokens\":99,\"stream\":true,\"system\":[{\"type\":\"text\",\"text\":\""
        + text()
        + "\",\"cache_control\":{\"type\":\"ephemeral\"}}],\"messages\":[{\"role\":\"user\","
        + "\"content\":\"Question %08d: what now, and why?\"}]}";
  }

  /** The body of a stream. */
  public String body(int question) {
    return template().replace("%08d", String.format(Locale.ROOT, "%08d", question));
  }

  /**
   * A whole request.
   *
   * @param path {@link #PATH}, behind whatever the route wants
   * @param script for the scripted provider
   * @param fields each {@code Name: value}
   */
  public byte[] request(String path, int question, String script, String... fields) {
    return request(path, body(question), script, fields);
  }

  /** The same with any body of one byte a character. */
  public static byte[] request(String path, String body, String script, String... fields) {
    StringBuilder head = new StringBuilder("POST ").append(path).append(" HTTP/1.1\r\n");
    head.append("Host: localhost\r\nContent-Type: application/json\r\n");
    head.append("Anthropic-Version: 2023-06-01\r\n");
    for (String field : fields) {
      head.append(field).append("\r\n");
    }
    return head.append("x-script: ")
        .append(script)
        .append("\r\nContent-Length: ")
        .append(body.length())
        .append("\r\n\r\n")
        .append(body)
        .toString()
        .getBytes(StandardCharsets.ISO_8859_1);
  }
}

package dev.sluice.admin.demo;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** What the scripted provider would bill, by its own books. Safe for any thread. */
public final class Invoice {

  /**
   * One model's line.
   *
   * @param calls requests that were answered with content, wholly or in part
   * @param inputTokens all input, cached or not
   * @param cachedTokens part of {@code inputTokens}
   * @param outputTokens output that was produced, also where nobody was left to read it
   * @param cancelled calls whose client left before the end
   */
  public record Line(
      long calls, long inputTokens, long cachedTokens, long outputTokens, long cancelled) {

    static final Line EMPTY = new Line(0, 0, 0, 0, 0);

    Line plus(Line other) {
      return new Line(
          calls + other.calls,
          inputTokens + other.inputTokens,
          cachedTokens + other.cachedTokens,
          outputTokens + other.outputTokens,
          cancelled + other.cancelled);
    }
  }

  private final ConcurrentHashMap<String, Line> lines = new ConcurrentHashMap<>();

  Invoice() {}

  void add(String model, Line line) {
    lines.merge(model, line, Line::plus);
  }

  /** The line of one model; all zero where it was never asked. */
  public Line of(String model) {
    return lines.getOrDefault(model, Line.EMPTY);
  }

  /** All models together. */
  public Line total() {
    return lines.values().stream().reduce(Line.EMPTY, Line::plus);
  }

  /** A copy, by model. */
  public Map<String, Line> lines() {
    return new TreeMap<>(lines);
  }

  String toJson() {
    StringBuilder json = new StringBuilder("{\"models\":{");
    String comma = "";
    for (Map.Entry<String, Line> entry : lines().entrySet()) {
      Line line = entry.getValue();
      json.append(comma)
          .append(Answer.quote(entry.getKey()))
          .append(":{\"calls\":")
          .append(line.calls())
          .append(",\"input_tokens\":")
          .append(line.inputTokens())
          .append(",\"cached_tokens\":")
          .append(line.cachedTokens())
          .append(",\"output_tokens\":")
          .append(line.outputTokens())
          .append(",\"cancelled\":")
          .append(line.cancelled())
          .append('}');
      comma = ",";
    }
    return json.append("}}\n").toString();
  }
}

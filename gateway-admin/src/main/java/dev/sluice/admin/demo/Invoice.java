package dev.sluice.admin.demo;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the scripted provider would bill, by its own books: per model and service tier, and call by
 * call for those that came with an id. Safe for any thread.
 */
public final class Invoice {

  /** Calls with an id that are kept; of those beyond it only the number is known. */
  static final int CALLS_MAX = 1_000_000;

  /** The tier where the script names none, or the API has none. */
  public static final String STANDARD = "standard";

  /**
   * Sums of calls. The token counts do not overlap, but for {@code reasoningTokens}.
   *
   * @param calls requests that were answered with content, wholly or in part
   * @param uncachedTokens input that was neither read from the prompt cache nor written to it
   * @param cachedTokens input that was read from it
   * @param written5mTokens input that was written to it for five minutes
   * @param written30mTokens input that was written to it for half an hour
   * @param written1hTokens input that was written to it for an hour
   * @param outputTokens output that was produced, also where nobody was left to read it
   * @param reasoningTokens part of {@code outputTokens}
   * @param cancelled calls whose client left before the end
   */
  public record Line(
      long calls,
      long uncachedTokens,
      long cachedTokens,
      long written5mTokens,
      long written30mTokens,
      long written1hTokens,
      long outputTokens,
      long reasoningTokens,
      long cancelled) {

    static final Line EMPTY = new Line(0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** All input, cached or not. */
    public long inputTokens() {
      return uncachedTokens + cachedTokens + written5mTokens + written30mTokens + written1hTokens;
    }

    Line plus(Line other) {
      return new Line(
          calls + other.calls,
          uncachedTokens + other.uncachedTokens,
          cachedTokens + other.cachedTokens,
          written5mTokens + other.written5mTokens,
          written30mTokens + other.written30mTokens,
          written1hTokens + other.written1hTokens,
          outputTokens + other.outputTokens,
          reasoningTokens + other.reasoningTokens,
          cancelled + other.cancelled);
    }
  }

  /** What is priced alike. */
  private record Key(String model, String tier) {}

  /**
   * One billed call that came with an id.
   *
   * @param id its {@code x-call}
   * @param line its meters; {@code calls} is 1
   */
  public record Call(String id, String model, String tier, Line line) {

    /** As {@code GET /scripted/calls} shows it; names have no white space there. */
    String text() {
      return String.join(
          " ",
          word(id),
          word(model),
          word(tier),
          Long.toString(line.uncachedTokens),
          Long.toString(line.cachedTokens),
          Long.toString(line.written5mTokens),
          Long.toString(line.written30mTokens),
          Long.toString(line.written1hTokens),
          Long.toString(line.outputTokens));
    }

    private static String word(String name) {
      return name.isEmpty() ? "-" : name.replaceAll("[^!-~]", "_");
    }
  }

  private final ConcurrentHashMap<Key, Line> lines = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Call> calls = new ConcurrentLinkedQueue<>();
  private final AtomicLong callsWithId = new AtomicLong();

  Invoice() {}

  void add(String model, String tier, Line line) {
    lines.merge(new Key(model, tier), line, Line::plus);
  }

  /** The same call by its id. */
  void keep(Call call) {
    if (callsWithId.incrementAndGet() <= CALLS_MAX) {
      calls.add(call);
    }
  }

  /** The sum of one model; all zero where it was never asked. */
  public Line of(String model) {
    return lines().getOrDefault(model, Line.EMPTY);
  }

  /** The line of one model in one tier; all zero where there was none. */
  public Line of(String model, String tier) {
    return lines.getOrDefault(new Key(model, tier), Line.EMPTY);
  }

  /** All models together. */
  public Line total() {
    return lines.values().stream().reduce(Line.EMPTY, Line::plus);
  }

  /** A copy, by model. */
  public Map<String, Line> lines() {
    Map<String, Line> byModel = new TreeMap<>();
    lines.forEach((key, line) -> byModel.merge(key.model(), line, Line::plus));
    return byModel;
  }

  /** The calls that came with an id, in the order in which they ended; the first million. */
  public List<Call> calls() {
    return List.copyOf(calls);
  }

  /** How many came with an id, kept or not. */
  public long callsWithId() {
    return callsWithId.get();
  }

  /** One call a line. */
  String callsText() {
    StringBuilder text = new StringBuilder();
    calls.forEach(call -> text.append(call.text()).append('\n'));
    return text.toString();
  }

  String toJson() {
    StringBuilder json = new StringBuilder("{\"models\":{");
    String comma = "";
    for (Map.Entry<String, Line> entry : lines().entrySet()) {
      Line line = entry.getValue();
      json.append(comma).append(Answer.quote(entry.getKey())).append(":{");
      member(json, "calls", line.calls).append(',');
      member(json, "input_tokens", line.inputTokens()).append(',');
      member(json, "cached_tokens", line.cachedTokens).append(',');
      member(json, "written_5m_tokens", line.written5mTokens).append(',');
      member(json, "written_30m_tokens", line.written30mTokens).append(',');
      member(json, "written_1h_tokens", line.written1hTokens).append(',');
      member(json, "output_tokens", line.outputTokens).append(',');
      member(json, "reasoning_tokens", line.reasoningTokens).append(',');
      member(json, "cancelled", line.cancelled).append('}');
      comma = ",";
    }
    return json.append("},")
        .append("\"calls_with_id\":")
        .append(callsWithId.get())
        .append("}\n")
        .toString();
  }

  private static StringBuilder member(StringBuilder json, String name, long value) {
    return json.append('"').append(name).append("\":").append(value);
  }
}

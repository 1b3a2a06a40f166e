package dev.sluice.admin.demo;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What the connections of one scripted provider share. */
final class ScriptedState {

  private static final int RECEIVED_MAX = 1000;
  private static final int PLANS_MAX = 64;

  // Any thread.
  volatile Script script;
  final Queue<Script> queue = new ConcurrentLinkedQueue<>();
  final LinkedBlockingQueue<ReceivedRequest> received = new LinkedBlockingQueue<>(RECEIVED_MAX);
  final Invoice invoice = new Invoice();
  final CacheBook cacheBook = new CacheBook();
  final AtomicLong requests = new AtomicLong();
  final AtomicInteger accepted = new AtomicInteger();
  final AtomicInteger open = new AtomicInteger();

  // The loop only.
  final PromptCache cache = new PromptCache(cacheBook);
  private final Map<PlanKey, Planned> plans =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<PlanKey, Planned> eldest) {
          return size() > PLANS_MAX;
        }
      };
  private final Map<String, Script> scripts =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Script> eldest) {
          return size() > PLANS_MAX;
        }
      };

  ScriptedState(Script script) {
    this.script = script;
  }

  /** All that an answer depends on. */
  record PlanKey(
      Script script,
      Answer.Api api,
      boolean stream,
      String model,
      boolean usage,
      boolean base64,
      int bodyBytes,
      String echo) {}

  /**
   * A plan, and what it is billed for.
   *
   * @param bill null where nothing is
   */
  record Planned(List<Step> steps, @Nullable Bill bill) {}

  /**
   * What is known of a bill before anything was produced.
   *
   * @param events output beyond these is reasoning
   */
  record Bill(String model, String tier, InputMeters input, int events) {

    Invoice.Line line(int output, boolean isCancelled) {
      return new Invoice.Line(
          1,
          input.uncached(),
          input.cached(),
          input.written5m(),
          input.written30m(),
          input.written1h(),
          output,
          Math.max(0, output - events),
          isCancelled ? 1 : 0);
    }
  }

  void keep(ReceivedRequest request) {
    requests.incrementAndGet();
    while (!received.offer(request)) {
      received.poll();
    }
  }

  /** Only on the loop. */
  Script parse(String text) {
    Script known = scripts.get(text);
    if (known == null) {
      known = Script.parse(text);
      scripts.put(text, known);
    }
    return known;
  }

  /** Whether a script answers with a status of its own. */
  static boolean isRefused(Script script) {
    return script.faults().stream()
        .anyMatch(
            fault ->
                fault.point() instanceof Fault.Point.Head
                    && fault.effect() instanceof Fault.Effect.Status);
  }

  /** Only on the loop. */
  Planned plan(PlanKey key) {
    Planned known = plans.get(key);
    if (known == null) {
      Answer answer =
          Answer.of(
              key.api(),
              key.stream(),
              key.model(),
              key.usage(),
              key.base64(),
              key.bodyBytes(),
              key.echo(),
              key.script());
      boolean isBilled =
          !isRefused(key.script())
              && key.api() != Answer.Api.COUNT_TOKENS
              && key.api() != Answer.Api.OPENAI_OTHER;
      Bill bill =
          isBilled
              ? new Bill(key.model(), answer.tier(), answer.input(), key.script().events())
              : null;
      known = new Planned(Plan.of(key.script(), key.api(), answer), bill);
      plans.put(key, known);
    }
    return known;
  }
}

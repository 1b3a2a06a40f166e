package dev.sluice.core.prefix;

import dev.sluice.billing.usage.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.Executor;

/** A gate in virtual time, and a provider's cache as its page describes it. */
final class GateWorld {

  static final long SECOND = 1_000_000_000L;
  static final long MILLI = 1_000_000L;
  static final long LIFETIME = 300 * SECOND;

  long now = 1;
  final Random random;
  final PrefixGate gate;

  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
  private long order;

  private record Event(long at, long order, Runnable step) {}

  GateWorld(GateMode mode, Duration maxWait, long seed) {
    random = new Random(seed);
    gate = new PrefixGate(new GateSettings(mode, maxWait, 10_000), () -> now, this::later);
  }

  private void later(Executor loop, long delayNanos, Runnable step) {
    in(delayNanos, step);
  }

  void in(long delayNanos, Runnable step) {
    events.add(new Event(now + delayNanos, order++, step));
  }

  /** Lets time pass until nothing is left to happen. */
  void run() {
    while (!events.isEmpty()) {
      step();
    }
  }

  void runUntil(long nanos) {
    while (!events.isEmpty() && events.peek().at <= nanos) {
      step();
    }
    now = nanos;
  }

  private void step() {
    Event next = events.remove();
    now = Math.max(now, next.at);
    next.step.run();
  }

  static Prefix prefix(long id, long tokens) {
    return new Prefix(new PrefixId("main", id, id), tokens * 4, tokens, LIFETIME, true);
  }

  static Usage wrote(long tokens) {
    return new Usage(10, 0, tokens, 0, 0, 0, 5, 0);
  }

  static Usage read(long tokens) {
    return new Usage(10, tokens, 0, 0, 0, 0, 5, 0);
  }

  /** A call that goes through the gate as the flow has it. */
  final class Call {
    final Pass pass;
    final List<Prefix> chain;
    long releasedAt = -1;
    int timesReleased;
    boolean isGone;

    Call(Prefix... chain) {
      this.chain = List.of(chain);
      pass = gate.pass(this.chain, "main/model", random);
    }

    /** Whether it has passed, now or on a wait. */
    Call enter() {
      if (pass.enter()) {
        releasedAt = now;
        pass.sent(now, false);
      } else {
        pass.await(
            Runnable::run,
            () -> {
              timesReleased++;
              if (!isGone) {
                pass.isReleased();
                enter();
              }
            });
        long giveUp = pass.giveUpAtNanos();
        in(
            giveUp - now,
            () -> {
              if (!isGone && releasedAt < 0 && now >= pass.giveUpAtNanos() && pass.giveUp()) {
                enter();
              }
            });
      }
      return this;
    }

    boolean isWaiting() {
      return releasedAt < 0 && !isGone;
    }

    Call begins() {
      pass.answerBegan(200, now);
      return this;
    }

    Finding ends(Usage usage) {
      isGone = true;
      return pass.ended(usage);
    }

    void fails() {
      isGone = true;
      pass.ended(null);
    }
  }

  List<Call> herd(int size, Prefix... chain) {
    List<Call> herd = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      herd.add(new Call(chain).enter());
    }
    return herd;
  }

  String state() {
    return gate.views(1).getFirst().state();
  }
}

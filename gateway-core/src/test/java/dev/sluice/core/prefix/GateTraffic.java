package dev.sluice.core.prefix;

import dev.sluice.core.prefix.ProviderCache.Served;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Calls at random that do with their passes what the flow does, in front of a provider's cache; and
 * what must hold of them, written down as it happens.
 */
final class GateTraffic {

  private static final long MILLI = GateWorld.MILLI;
  private static final long SECOND = GateWorld.SECOND;

  /** How rough it is. Shares from 0 to 1. */
  record Weather(double failing, double leaving, double slow, double queueing, long slowestNanos) {}

  final GateWorld world;
  final ProviderCache cache;
  final Random random;
  final Weather weather;
  final List<Client> clients = new ArrayList<>();

  /** Who writes what now: sent, and neither begun nor over. */
  private final Map<PrefixId, Set<Client>> writing = new HashMap<>();

  int sent;
  int doubles;

  /** Tokens of beginnings that another was writing when they were written. */
  long doubleTokens;

  int gaveUp;
  int failed;
  int waits;

  GateTraffic(GateWorld world, ProviderCache cache, Weather weather) {
    this.world = world;
    this.cache = cache;
    this.random = world.random;
    this.weather = weather;
  }

  /** Where a call is. */
  enum At {
    QUEUE,
    WAIT,
    SENT,
    BEGUN,
    OVER
  }

  /** One call. */
  final class Client {
    final List<Prefix> chain;
    final Pass pass;
    At at = At.QUEUE;
    boolean hasGivenUp;
    long waitingSince;
    int wait;
    int wasLetGo;
    @Nullable Served served;
    long changedAt;
    Finding finding = Finding.NOTHING;

    Client(List<Prefix> chain) {
      this.chain = chain;
      pass = world.gate.pass(chain, "main/model", random);
      clients.add(this);
      if (random.nextDouble() < weather.leaving) {
        world.in(random.nextLong(4 * SECOND), this::leaves);
      }
      queues();
    }

    private void queues() {
      at = At.QUEUE;
      long delay = random.nextDouble() < weather.queueing ? random.nextLong(2 * SECOND) : 0;
      world.in(
          delay,
          () -> {
            if (at == At.QUEUE) {
              enters();
            }
          });
    }

    private void enters() {
      if (pass.enter()) {
        sends();
        return;
      }
      at = At.WAIT;
      waitingSince = world.now;
      wait++;
      waits++;
      int own = wait;
      pass.await(Runnable::run, () -> letGo(own));
      if (pass.isAwaited()) {
        throw new AssertionError("waits, and is waited for");
      }
      long giveUpAt = pass.giveUpAtNanos();
      world.in(Math.max(0, giveUpAt - world.now), () -> hasWaitedEnough(own));
    }

    private void letGo(int ofWait) {
      if (ofWait != wait || wasLetGo == ofWait) {
        throw new AssertionError("let go twice, or from a wait that is over");
      }
      wasLetGo = ofWait;
      if (at == At.OVER) {
        return;
      }
      if (at != At.WAIT) {
        throw new AssertionError("let go while " + at);
      }
      pass.isReleased();
      queues();
    }

    private void hasWaitedEnough(int ofWait) {
      if (at != At.WAIT || ofWait != wait) {
        return;
      }
      if (pass.giveUp()) {
        wasLetGo = ofWait;
        hasGivenUp = true;
        gaveUp++;
        queues();
      } else {
        world.in(
            ReleaseRamp.LONGEST_NANOS,
            () -> {
              if (at == At.WAIT && ofWait == wait) {
                throw new AssertionError("was let go, they say, and never heard of it");
              }
            });
      }
    }

    private void sends() {
      at = At.SENT;
      sent++;
      pass.sent(world.now, false);
      Served own = cache.starts(chain, world.now);
      served = own;
      long read = own.readTo() < 0 ? 0 : chain.get(own.readTo()).tokens();
      long twice = 0;
      for (Prefix each : chain) {
        if (own.hasWritten(each)) {
          Set<Client> others = writing.computeIfAbsent(each.id(), _ -> new HashSet<>());
          if (!hasGivenUp && others.stream().anyMatch(other -> !other.hasGivenUp)) {
            doubles++;
            twice = each.tokens() - read;
          }
          others.add(this);
        }
      }
      doubleTokens += twice;
      boolean isSlow = random.nextDouble() < weather.slow;
      long takes =
          isSlow ? random.nextLong(weather.slowestNanos) : 100 * MILLI + random.nextLong(SECOND);
      boolean fails = random.nextDouble() < weather.failing;
      world.in(takes, fails ? this::fails : this::begins);
    }

    private void begins() {
      if (at == At.SENT && served != null) {
        at = At.BEGUN;
        changedAt = world.now;
        writesNoMore();
        cache.begins(served);
        for (Prefix each : chain) {
          if (cache.isReadable(each, world.now)) {
            writing.remove(each.id()); // who writes it next does so in another lifetime
          }
        }
        pass.answerBegan(200, world.now);
        if (pass.isAwaited()) {
          throw new AssertionError("has begun, and is waited for");
        }
        world.in(random.nextLong(20 * SECOND), this::ends);
      }
    }

    private void ends() {
      at = At.OVER;
      if (served != null) {
        finding = pass.ended(cache.usage(served));
      }
    }

    private void fails() {
      if (at == At.SENT) {
        failed++;
        writesNoMore();
        if (random.nextBoolean()) {
          pass.answerBegan(random.nextBoolean() ? 429 : 529, world.now);
        }
        at = At.OVER;
        changedAt = world.now;
        pass.ended(null);
      }
    }

    private void leaves() {
      if (at == At.SENT && pass.isAwaited()) {
        return; // it goes on for those who wait
      }
      if (at == At.SENT || at == At.QUEUE || at == At.WAIT) {
        writesNoMore();
        at = At.OVER;
        changedAt = world.now;
        pass.ended(null);
      }
    }

    private void writesNoMore() {
      writing.values().forEach(set -> set.remove(this));
    }

    boolean shares(Client other) {
      return chain.getFirst().equals(other.chain.getFirst());
    }
  }

  /** Nobody waits for longer than a ramp unless somebody related is on its way. */
  void nobodyWaitsForNothing() {
    for (Client each : clients) {
      if (each.at == At.WAIT && world.now - each.waitingSince > ReleaseRamp.LONGEST_NANOS) {
        boolean isReason =
            clients.stream()
                .anyMatch(
                    other ->
                        other != each
                            && other.shares(each)
                            && (other.at == At.SENT
                                || other.at == At.QUEUE
                                || world.now - other.changedAt <= ReleaseRamp.LONGEST_NANOS));
        if (!isReason) {
          throw new AssertionError("waits for nothing since " + each.waitingSince);
        }
      }
      if (each.at == At.WAIT && each.pass.isAwaited()) {
        throw new AssertionError("waits, and is waited for");
      }
    }
  }
}

package dev.sluice.core.warm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.warm.WarmCalls.Outcome;
import dev.sluice.core.warm.WarmCalls.Sent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A provider with one prompt cache entry, clients that use it, and a {@link KeepWarm} that believes
 * what is true of it, in virtual time. A round is held each second.
 */
final class WarmWorld {

  static final long SECOND = Duration.ofSeconds(1).toNanos();

  /** An answer that is on its way back. */
  private record Pending(long at, Sent sent, Consumer<Sent> then) {}

  final long write;
  final long read;
  final long lifetime;
  final long warmUp;
  final List<Long> sentAt = new ArrayList<>();
  KeepWarm keepWarm;

  @Nullable WarmOrder order = new WarmOrder(true, List.of(), null);

  /** What the book says; outlives a crash. */
  SpendingBook.@Nullable Page page;

  boolean isBookStuck;
  int writesOfTheBook;

  boolean isFailing;
  boolean isUnanswered;
  boolean isBroken;
  boolean isPriced = true;
  boolean isEvicting;

  long now;
  long expiry = Long.MIN_VALUE;
  long lastUse = KnownPrefix.NEVER;
  long spentByClients;
  long spentByRefreshes;

  private final KeepWarmSettings settings;
  private final SplittableRandom random;
  private final Instant start;
  private final List<Pending> pending = new ArrayList<>();

  /** One refresh is on its way at most. */
  int inFlightMax;

  WarmWorld(Instant start, long write, long read, KeepWarmSettings settings, long seed) {
    this.start = start;
    this.write = write;
    this.read = read;
    this.lifetime = Duration.ofMinutes(5).toNanos();
    this.warmUp = 2 * SECOND;
    this.settings = settings;
    this.random = new SplittableRandom(seed);
    this.keepWarm = born();
  }

  private KeepWarm born() {
    return new KeepWarm(
        () -> List.of(known()),
        name -> order,
        prefix -> isPriced ? new PrefixPrice(read, write, new KeepWarmRule(write, read)) : null,
        this::send,
        new Book(),
        settings,
        () -> now,
        this::instant,
        random);
  }

  /** Another process in the place of this one, which hears no answer any more. */
  void crash() {
    pending.clear();
    lastUse = KnownPrefix.NEVER;
    keepWarm = born();
  }

  private final class Book implements SpendingBook {
    @Override
    public @Nullable Page read() {
      return page;
    }

    @Override
    public boolean keep(Page changed) {
      writesOfTheBook++;
      page = isBookStuck ? page : changed;
      return !isBookStuck;
    }
  }

  /** Rich enough for anything. */
  static WarmWorld rich(long write, long read, long seed) {
    return new WarmWorld(
        Instant.parse("2026-11-26T00:00:00Z"),
        write,
        read,
        new KeepWarmSettings(false, Long.MAX_VALUE / 4),
        seed);
  }

  Instant instant() {
    return start.plusNanos(now);
  }

  boolean isWarm() {
    return now <= expiry;
  }

  private KnownPrefix known() {
    if (isBroken) {
      throw new IllegalStateException("broken");
    }
    return new KnownPrefix(
        "id", "one", "main", "model", 14_000, isWarm(), expiry, lifetime, lastUse, warmUp);
  }

  private void send(KnownPrefix prefix, Consumer<Sent> then) {
    sentAt.add(now);
    // Whoever dies now has written it down.
    SpendingBook.Page booked = Objects.requireNonNull(page, "nothing is booked");
    assertThat(booked.all().held()).isGreaterThanOrEqualTo(write);
    assertThat(booked.byName()).containsEntry("one", booked.all());
    if (isUnanswered) {
      return;
    }
    if (isFailing) {
      pending.add(new Pending(now + warmUp, new Sent(Outcome.FAILED, 0L), then));
      return;
    }
    boolean isRead = isWarm() && !isEvicting;
    long cost = isRead ? read : write;
    expiry = now + lifetime;
    spentByRefreshes += cost;
    Outcome outcome = isRead ? Outcome.READ : Outcome.WROTE;
    pending.add(new Pending(now + warmUp, new Sent(outcome, cost), then));
    inFlightMax = Math.max(inFlightMax, pending.size());
  }

  /** A client's call. */
  void use() {
    spentByClients += isWarm() ? read : write;
    expiry = now + lifetime;
    lastUse = now;
  }

  /** Lets time pass, with a round each second. */
  void pass(Duration time) {
    passUntil(now + time.toNanos());
  }

  void passUntil(long end) {
    while (now < end) {
      now = Math.min(end, now + SECOND);
      for (Pending each : List.copyOf(pending)) {
        if (each.at <= now) {
          pending.remove(each);
          each.then.accept(each.sent);
        }
      }
      keepWarm.round();
    }
  }

  long spent() {
    return spentByClients + spentByRefreshes;
  }
}

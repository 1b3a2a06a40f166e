package dev.sluice.billing.ledger;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.ledger.LedgerSettings.Durability;
import dev.sluice.billing.ledger.LedgerState.Lost;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LedgerTest {

  private static final Executor NO_LOOP =
      task -> {
        throw new AssertionError("nothing is to be run on the loop");
      };

  @TempDir Path directory;
  private final RandomCalls calls = new RandomCalls(new SplittableRandom(5), 86_400_000);
  private Ledgers ledgers;

  @BeforeEach
  void makeLedgers() {
    ledgers = new Ledgers(directory.resolve("ledger"));
  }

  @Test
  void aSettledCallIsARowWithAllThatWasKnownOfIt() {
    try (Ledger ledger = ledgers.open()) {
      Intent intent = calls.intent();
      CallRecord settled = calls.settled(intent);
      CallRecord read = calls.read(intent);
      open(ledger, intent).settled(settled);
      ledger.read(read);
      assertThat(ledger.flush()).isTrue();

      LedgerCall found = requireNonNull(ledger.queries().call(intent.callId()));
      assertThat(found.row()).isEqualTo(new LedgerRow(settled, intent.expectedOutput(), 1));
      assertThat(found.reads()).containsExactly(read);
      assertThat(ledger.queries().call("another")).isNull();
      assertThat(ledger.state().slotsTaken()).isZero();
      assertThat(ledger.state().rowsWritten()).isEqualTo(2);
      assertThat(ledger.state().isWriting()).isTrue();
    }
    assertThat(ledgers.said).isEmpty();
  }

  @Test
  void nobodyButTheOwnerCanLookIntoTheDirectory() throws IOException {
    try (Ledger ledger = ledgers.open()) {
      assertThat(ledger.state().isWriting()).isTrue();
      assertThat(Files.getPosixFilePermissions(directory.resolve("ledger")))
          .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void aRelaxedCallGoesOnOnTheStackThatAsked() {
    try (Ledger ledger = ledgers.open()) {
      List<OpenCall> went = new ArrayList<>();
      OpenCall call = ledger.intend(calls.intent(), NO_LOOP, went::add);
      assertThat(went).containsExactly(call);
    }
  }

  @Test
  void aCallSettlesOnceAndByItsOwnRecord() {
    try (Ledger ledger = ledgers.open()) {
      Intent intent = calls.intent();
      OpenCall call = open(ledger, intent);
      assertThatThrownBy(() -> call.settled(calls.settled(calls.intent())))
          .isInstanceOf(IllegalArgumentException.class);
      call.settled(calls.settled(intent));
      assertThatThrownBy(() -> call.settled(calls.settled(intent)))
          .isInstanceOf(IllegalStateException.class);
      ledger.flush();
      assertThat(Ledgers.all(ledger.queries())).hasSize(1);
    }
  }

  @Test
  void aCallThatWasOpenWhenTheLedgerClosedIsClosedAsAnEstimateOnce() {
    Intent intent = calls.intent();
    try (Ledger ledger = ledgers.open()) {
      open(ledger, intent);
      assertThat(ledger.state().openCalls()).isEqualTo(1);
    }
    for (int time = 1; time <= 2; time++) {
      try (Ledger ledger = ledgers.open()) {
        assertThat(ledger.state().recoveredIntents()).isEqualTo(time == 1 ? 1 : 0);
        LedgerRow row = Ledgers.all(ledger.queries()).getFirst();
        assertThat(Ledgers.all(ledger.queries())).hasSize(1);
        assertThat(row.call().outcome()).isEqualTo(Outcome.LOST);
        assertThat(row.call().usageSource()).isEqualTo(UsageSource.ESTIMATE);
        assertThat(row.call().usage())
            .isEqualTo(
                new Usage(intent.estimatedInput(), 0, 0, 0, 0, 0, intent.expectedOutput(), 0));
        assertThat(row.call().cost()).isEqualTo(intent.estimatedCost());
        assertThat(row.call().tags()).isEqualTo(intent.tags());
        assertThat(ledger.state().slotsTaken()).isZero();
      }
    }
  }

  @Test
  void aStrictCallGoesOnOnlyWhenItsSlotIsOnTheDisk() throws Exception {
    CountDownLatch mayForce = new CountDownLatch(1);
    AtomicInteger forces = new AtomicInteger();
    LinkedBlockingQueue<Runnable> loop = new LinkedBlockingQueue<>();
    try (Ledger ledger =
        strict(
            (file, first, last) -> {
              pass(mayForce);
              forces.incrementAndGet();
              file.force(first, last);
            })) {
      AtomicReference<OpenCall> went = new AtomicReference<>();
      OpenCall call = ledger.intend(calls.intent(), loop::add, went::set);
      assertThat(loop.poll(100, TimeUnit.MILLISECONDS)).isNull();
      mayForce.countDown();
      Runnable then = loop.poll(10, TimeUnit.SECONDS);
      assertThat(forces).hasPositiveValue();
      assertThat(went).hasNullValue();
      then.run();
      assertThat(went).hasValue(call);
      assertThat(ledger.state().intentsUnforced()).isZero();
    }
  }

  @Test
  void intentsThatComeWhileOneForceRunsGoTogetherWithTheNext() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch mayForce = new CountDownLatch(1);
    AtomicInteger forces = new AtomicInteger();
    LinkedBlockingQueue<Runnable> loop = new LinkedBlockingQueue<>();
    try (Ledger ledger =
        strict(
            (file, first, last) -> {
              forces.incrementAndGet();
              begun.countDown();
              pass(mayForce);
            })) {
      ledger.intend(calls.intent(), loop::add, call -> {});
      pass(begun);
      for (int i = 0; i < 50; i++) {
        ledger.intend(calls.intent(), loop::add, call -> {});
      }
      mayForce.countDown();
      for (int i = 0; i < 51; i++) {
        assertThat(loop.poll(10, TimeUnit.SECONDS)).isNotNull();
      }
      assertThat(forces).hasValue(2);
      assertThat(loop.poll(300, TimeUnit.MILLISECONDS)).as("told once").isNull();
    }
  }

  @Test
  void aDiskThatHangsHoldsNoStrictCallForMuchMoreThanASecond() throws Exception {
    CountDownLatch mayForce = new CountDownLatch(1);
    LinkedBlockingQueue<Runnable> loop = new LinkedBlockingQueue<>();
    try (Ledger ledger = strict((file, first, last) -> pass(mayForce))) {
      long began = System.nanoTime();
      ledger.intend(calls.intent(), loop::add, call -> {});
      assertThat(loop.poll(10, TimeUnit.SECONDS)).isNotNull();
      assertThat(Duration.ofNanos(System.nanoTime() - began))
          .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(3));
      assertThat(ledger.state().intentsUnforced()).isEqualTo(1);
      mayForce.countDown();
      assertThat(loop.poll(300, TimeUnit.MILLISECONDS)).as("told once").isNull();
      assertThat(ledger.state().intentsUnforced()).isEqualTo(1);
    }
  }

  @Test
  void aRelaxedCommitIsOnTheDiskWithinAboutASecond() throws Exception {
    CountDownLatch synced = new CountDownLatch(1);
    GuardedStore.Guard guard =
        new GuardedStore.Guard() {
          @Override
          public void beforeWrite(List<PendingRow> rows) {}

          @Override
          public void beforeSync() {
            synced.countDown();
          }
        };
    try (Ledger ledger =
        Ledger.open(
            ledgers.settings(),
            InstantSource.system(),
            System::nanoTime,
            ledgers::hear,
            file -> new GuardedStore(SqliteLedgerStore.open(file, Durability.RELAXED), guard),
            InFlightFile::force)) {
      long began = System.nanoTime();
      Intent intent = calls.intent();
      open(ledger, intent).settled(calls.settled(intent));
      pass(synced);
      assertThat(Duration.ofNanos(System.nanoTime() - began))
          .isBetween(Duration.ofMillis(900), Duration.ofSeconds(4));
    }
  }

  @Test
  void aCallForWhichNoSlotIsFreeGoesOnAndHasItsRow() {
    try (Ledger ledger = ledgers.open(ledgers.settings(Durability.RELAXED, 2, 10))) {
      List<Intent> intents = List.of(calls.intent(), calls.intent(), calls.intent());
      List<OpenCall> open = intents.stream().map(intent -> open(ledger, intent)).toList();
      assertThat(ledger.state().intentsSkipped()).isEqualTo(1);
      assertThat(ledger.state().slotsTaken()).isEqualTo(2);
      for (int i = 0; i < 3; i++) {
        open.get(i).settled(calls.settled(intents.get(i)));
      }
      ledger.flush();
      assertThat(Ledgers.all(ledger.queries())).hasSize(3);
      assertThat(ledger.state().lost()).isEqualTo(Lost.NOTHING);
    }
  }

  @Test
  void whatDoesNotFitIntoTheQueueIsCountedToTheTokenAndWhatHasASlotIsKept() throws Exception {
    AtomicReference<LedgerTrouble> trouble =
        new AtomicReference<>(new LedgerTrouble(LedgerTrouble.Kind.WAIT, "the disk is full"));
    try (Ledger ledger = failing(trouble, ledgers.settings(Durability.RELAXED, 5, 10))) {
      long lostTokens = 0;
      long lostNanoUsd = 0;
      List<Intent> intents = new ArrayList<>();
      List<OpenCall> open = new ArrayList<>();
      for (int i = 0; i < 25; i++) {
        intents.add(calls.intent());
        open.add(open(ledger, intents.get(i)));
      }
      // Without slots first: so the queue is full when those with slots come.
      for (int i = 24; i >= 0; i--) {
        CallRecord settled = calls.settled(intents.get(i));
        open.get(i).settled(settled);
        if (i < 15 && i >= 5) {
          lostTokens += settled.usage().input() + settled.usage().output();
          lostNanoUsd += settled.cost().nanoUsd();
        }
      }
      ledger.read(calls.read(intents.get(0)));
      await().until(() -> !ledger.state().isWriting());
      LedgerState state = ledger.state();
      assertThat(state.lost()).isEqualTo(new Lost(10, lostTokens, lostNanoUsd, 1));
      assertThat(state.queuedRows()).isEqualTo(15);
      assertThat(state.lastError()).contains("the disk is full");
      assertThat(state.lagNanos()).isPositive();

      trouble.set(null);
      assertThat(ledger.flush()).isTrue();
      assertThat(ledger.state().isWriting()).isTrue();
      assertThat(ledger.state().lagNanos()).isZero();
      assertThat(Ledgers.all(ledger.queries())).hasSize(15);
    }
    assertThat(ledgers.saidAt(System.Logger.Level.ERROR)).hasSize(1);
    assertThat(ledgers.saidAt(System.Logger.Level.INFO)).hasSize(1);
  }

  @Test
  void aRowThatCanNeverBeWrittenHoldsNoOther() throws Exception {
    try (Ledger ledger =
        Ledger.open(
            ledgers.settings(),
            InstantSource.system(),
            System::nanoTime,
            ledgers::hear,
            file ->
                new GuardedStore(
                    SqliteLedgerStore.open(file, Durability.RELAXED), LedgerTest::refuseCall4),
            InFlightFile::force)) {
      List<Intent> intents = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        intents.add(calls.intent());
      }
      List<OpenCall> open = intents.stream().map(intent -> open(ledger, intent)).toList();
      for (int i = 0; i < 10; i++) {
        open.get(i).settled(calls.settled(intents.get(i)));
      }
      assertThat(ledger.flush()).isTrue();
      assertThat(Ledgers.all(ledger.queries())).hasSize(9);
      assertThat(ledger.state().lost().calls()).isEqualTo(1);
      assertThat(ledger.state().slotsTaken()).isZero();
      assertThat(ledger.state().rowsWritten()).isEqualTo(9);
    }
    assertThat(ledgers.saidAt(System.Logger.Level.ERROR))
        .singleElement()
        .asString()
        .contains("call-4 can never be written");
  }

  @Test
  void figuresBeyondAllReasonAreCutSoThatSumsStayExact() {
    try (Ledger ledger = ledgers.open()) {
      for (int i = 0; i < 20; i++) {
        Intent intent = calls.intent();
        open(ledger, intent).settled(huge(calls.settled(intent)));
      }
      assertThat(ledger.flush()).isTrue();
      UsageSums sums =
          ledger
              .queries()
              .usage(
                  new UsageQuery(
                      Instant.EPOCH, Instant.parse("2100-01-01T00:00:00Z"), List.of(), Map.of()))
              .rows()
              .getFirst()
              .sums();
      assertThat(sums.usage().uncachedInput()).isEqualTo(20 * Bounds.TOKENS_MAX);
      assertThat(sums.usage().cacheRead()).isZero();
      assertThat(sums.costNanoUsd()).isEqualTo(20 * Bounds.NANO_USD_MAX);
    }
  }

  @Test
  void rowsOlderThanTheRetentionGoAndTheirHoursStay() throws Exception {
    long now = RandomCalls.START + Duration.ofDays(30).toMillis();
    LedgerSettings settings =
        new LedgerSettings(
            ledgers.settings().directory(), Durability.RELAXED, 64, Duration.ofDays(10), 5_000);
    int old = LedgerWriter.EXPIRE_BATCH * 2 + 7;
    try (Ledger ledger =
        Ledger.open(settings, () -> Instant.ofEpochMilli(now), System::nanoTime, ledgers::hear)) {
      for (int i = 0; i < old; i++) {
        Intent intent = calls.intent();
        open(ledger, intent).settled(calls.settled(intent));
        ledger.read(calls.read(intent));
        if (i % 50 == 0) {
          ledger.flush();
        }
      }
      Intent young = calls.intent();
      CallRecord settled = startedAt(calls.settled(young), now - 1_000);
      open(ledger, young).settled(settled);
      assertThat(ledger.flush()).isTrue();
      await().until(() -> Ledgers.all(ledger.queries()).size() == 1);
      assertThat(Ledgers.all(ledger.queries()).getFirst().call()).isEqualTo(settled);
      UsageTable hours =
          ledger
              .queries()
              .usage(
                  new UsageQuery(
                      Instant.EPOCH, Instant.parse("2100-01-01T00:00:00Z"), List.of(), Map.of()));
      assertThat(hours.rows().getFirst().sums().calls()).isEqualTo(old + 1);
      assertThat(hours.rows().getFirst().sums().reads()).isEqualTo(old);
    }
    assertThat(ledgers.said).isEmpty();
  }

  @Test
  void manyLoopsSettleAndEveryCallIsThereOnce() throws Exception {
    int loops = 4;
    int each = 3_000;
    try (Ledger ledger = ledgers.open(ledgers.settings(Durability.RELAXED, 500, 100_000));
        ExecutorService pool = Executors.newFixedThreadPool(loops)) {
      for (int loop = 0; loop < loops; loop++) {
        int number = loop;
        pool.execute(
            () -> {
              RandomCalls own = new RandomCalls(new SplittableRandom(number), 3_600_000);
              for (int i = 0; i < each; i++) {
                Intent intent = own.intent("loop-" + number + "-" + i);
                open(ledger, intent).settled(own.settled(intent));
              }
            });
      }
      pool.shutdown();
      assertThat(pool.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
      assertThat(ledger.flush()).isTrue();
      assertThat(Ledgers.all(ledger.queries()).stream().map(row -> row.call().callId()).distinct())
          .hasSize(loops * each);
      assertThat(ledger.state().slotsTaken()).isZero();
      assertThat(ledger.state().lost()).isEqualTo(Lost.NOTHING);
    }
  }

  private Ledger strict(IntentForcer.Force force) {
    return Ledger.open(
        ledgers.settings(Durability.STRICT, 64, 1_000),
        InstantSource.system(),
        System::nanoTime,
        ledgers::hear,
        file -> SqliteLedgerStore.open(file, Durability.STRICT),
        force);
  }

  private Ledger failing(AtomicReference<LedgerTrouble> trouble, LedgerSettings settings) {
    return Ledger.open(
        settings,
        InstantSource.system(),
        System::nanoTime,
        ledgers::hear,
        file ->
            new GuardedStore(
                SqliteLedgerStore.open(file, Durability.RELAXED),
                rows -> {
                  LedgerTrouble now = trouble.get();
                  if (now != null) {
                    throw now;
                  }
                }),
        InFlightFile::force);
  }

  private static void refuseCall4(List<PendingRow> rows) throws LedgerTrouble {
    if (rows.stream().anyMatch(row -> row.call.callId().equals("call-4"))) {
      throw new LedgerTrouble(LedgerTrouble.Kind.ROW, "a check failed.");
    }
  }

  private static OpenCall open(Ledger ledger, Intent intent) {
    return ledger.intend(intent, NO_LOOP, call -> {});
  }

  private static void pass(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static CallRecord huge(CallRecord call) {
    return with(
        call,
        new Usage(Long.MAX_VALUE, Long.MIN_VALUE, 0, 0, 0, 0, Long.MAX_VALUE, 0),
        Cost.plain(Long.MAX_VALUE, 0, "v"),
        call.startedEpochMillis());
  }

  private static CallRecord startedAt(CallRecord call, long startedEpochMillis) {
    return with(call, call.usage(), call.cost(), startedEpochMillis);
  }

  private static CallRecord with(CallRecord c, Usage usage, Cost cost, long started) {
    return new CallRecord(
        c.callId(),
        c.team(),
        c.keyId(),
        c.tags(),
        c.route(),
        c.dialect(),
        c.operation(),
        c.provider(),
        c.modelAsked(),
        c.modelServed(),
        c.serviceTier(),
        c.stream(),
        c.status(),
        c.outcome(),
        c.reason(),
        c.phase(),
        usage,
        c.usageSource(),
        cost,
        started,
        c.queueNanos(),
        c.firstByteNanos(),
        c.totalNanos(),
        c.bytesToClient(),
        c.keepAlives(),
        c.longestSilenceNanos(),
        c.lateError(),
        c.replay(),
        c.cursors(),
        c.orphan(),
        c.avoided(),
        c.avoidedCost(),
        c.metering(),
        CallRecord.Caching.NONE);
  }
}

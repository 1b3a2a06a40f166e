package dev.sluice.sse.journal;

import static dev.sluice.sse.journal.JournalRig.EVENTS;
import static dev.sluice.sse.journal.JournalRig.KEEP_ALIVE;
import static dev.sluice.sse.journal.JournalRig.PLAIN;
import static dev.sluice.sse.journal.JournalRig.reading;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A client on another loop: order, bounds, the end, and what is left when a loop is no more. */
class LoopBridgeTest {

  private static final int SEEDS = 2_000;
  private static final String EVENT = "data: " + "x".repeat(1_000) + "\n\n";
  private static final Ending.Complete COMPLETE = new Ending.Complete();

  private final JournalBudget budget = new JournalBudget(1 << 22, 1 << 24);
  private final JournalRig rig = new JournalRig(budget);
  private final Journal journal = rig.journal;
  private final ManualLoop journalLoop = new ManualLoop();
  private final ManualLoop clientLoop = new ManualLoop();
  private final Client client = new Client(clientLoop);
  private final LoopBridge bridge = new LoopBridge(client, clientLoop, journalLoop);

  @AfterEach
  void nothingIsLeftBehind() {
    journalLoop.run(journal::close);
    clientLoop.runTasks(Integer.MAX_VALUE);
    journalLoop.runTasks(Integer.MAX_VALUE);
    rig.pass(1);
    assertThat(rig.usedBytes()).isZero();
    assertThat(budget.heldBytes()).isZero();
  }

  @Test
  void whatIsWrittenLeavesAtTheFlushInOneBatch() {
    attach(reading(0, false));
    clientLoop.runTasks(Integer.MAX_VALUE);
    client.log.clear();
    journalLoop.run(
        () -> {
          journal.append(rig.bytes("data: 1\n\n"));
          journal.append(rig.bytes("data: 2\n\n"));
        });
    assertThat(clientLoop.hasTasks()).isFalse();
    journalLoop.run(journal::flush);
    clientLoop.runTasks(1);
    assertThat(clientLoop.hasTasks()).isFalse();
    assertThat(client.log).containsExactly("data: 1\n\n", "data: 2\n\n", "flush");
  }

  @Test
  void theLastBytesAndTheEndLeaveTogetherAndNoFlushFollows() {
    attach(reading(0, false));
    journalLoop.run(
        () -> {
          journal.append(rig.bytes("data: 1\n\n"));
          journal.end(COMPLETE);
        });
    clientLoop.runTasks(Integer.MAX_VALUE);
    assertThat(client.log).containsExactly("head 200", "flush", "data: 1\n\n", "end");
    assertThat(journalLoop.hasTasks()).as("only the head is acknowledged").isTrue();
    journalLoop.runTasks(1);
    assertThat(journalLoop.hasTasks()).isFalse();
  }

  @Test
  void aKeepAliveCrossesAtOnce() {
    attach(Reading.whole(KEEP_ALIVE, PLAIN, EVENTS));
    clientLoop.runTasks(Integer.MAX_VALUE);
    journalLoop.run(() -> rig.pass(20));
    clientLoop.runTasks(Integer.MAX_VALUE);
    assertThat(client.log).containsExactly("head 200", "flush", ": keep-alive\n\n", "flush");
  }

  @Test
  void aClientThatTakesNothingStopsTheProviderAndIsGoneOnWithWhenItTakesAgain() {
    attach(reading(0, false));
    client.isWritable = false;
    read(1);
    assertThat(rig.owner.log).as("not known yet").isEmpty();
    settle();
    read(1);
    assertThat(rig.owner.log).containsExactly("pause");
    read(3);
    settle();
    assertThat(client.body).hasToString(EVENT.repeat(2));

    client.isWritable = true;
    clientLoop.run(bridge::clientWritable);
    settle();
    assertThat(rig.owner.log).containsExactly("pause", "resume");
    assertThat(client.body).hasToString(EVENT.repeat(5));
  }

  @Test
  void aLoopThatDoesNotRunIsNotFilledBeyondTheBound() {
    attach(reading(0, false));
    for (int i = 0; i < 1_000; i++) {
      read(1);
    }
    assertThat(rig.owner.log).containsExactly("pause");
    assertThat(client.handedOver()).isLessThan(LoopBridge.IN_FLIGHT_MAX + EVENT.length());
    settle();
    assertThat(client.body).hasToString(EVENT.repeat(1_000));
    assertThat(rig.owner.log).containsExactly("pause", "resume");
  }

  @Test
  void aClientThatGoesBetweenAWriteAndItsFlushLeavesNothing() {
    attach(reading(0, false));
    settle();
    journalLoop.run(
        () -> {
          journal.append(rig.bytes(EVENT));
          requireNonNull(client.cursor).detach();
          journal.flush();
        });
    settle();
    assertThat(client.body).isEmpty();
  }

  @Test
  void aJournalThatIsClosedBetweenAWriteAndItsFlushLeavesNothing() {
    attach(reading(0, false));
    settle();
    journalLoop.run(
        () -> {
          journal.append(rig.bytes(EVENT));
          journal.close();
        });
    settle();
    assertThat(client.body).isEmpty();
  }

  @Test
  void aClientWhoseLoopHasEndedLeavesNothingAndHoldsNobodyBack() {
    attach(reading(0, false));
    settle();
    clientLoop.end();
    read(1);
    assertThat(journal.readers()).isZero();
    read(200);
    assertThat(rig.owner.log).isEmpty();
    journalLoop.run(() -> journal.end(COMPLETE));
  }

  @Test
  void theSameHoldsForOneThatIsAttachedAfterItsLoopHasEnded() {
    journalLoop.run(() -> journal.begin(EVENTS));
    read(1);
    clientLoop.end();
    journalLoop.run(() -> client.attach(journal, bridge, reading(0, false)));
    assertThat(journal.readers()).isZero();
  }

  @Test
  void aJournalWhoseLoopHasEndedDoesNotDisturbItsClient() {
    attach(reading(0, false));
    read(1);
    journalLoop.end();
    clientLoop.runTasks(Integer.MAX_VALUE);
    clientLoop.run(bridge::clientWritable);
    assertThat(client.body).hasToString(EVENT);
  }

  @Test
  void aClientThatFailsAtABufferLosesNoOther() {
    attach(reading(0, false));
    journalLoop.run(
        () -> {
          journal.append(rig.bytes(EVENT));
          journal.append(rig.bytes(EVENT));
          journal.flush();
        });
    client.failsAt = 0;
    assertThatThrownBy(() -> clientLoop.runTasks(Integer.MAX_VALUE))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void nothingIsLostOrTurnedAroundWhicheverLoopRunsWhen() {
    for (long seed = 0; seed < SEEDS; seed++) {
      playRandomly(seed);
    }
  }

  private static void playRandomly(long seed) {
    String replay = "seed " + seed;
    Random random = new Random(seed);
    JournalBudget budget = new JournalBudget(random.nextBoolean() ? 2_000 : 1 << 22, 1 << 24);
    JournalRig rig = new JournalRig(budget);
    ManualLoop journalLoop = new ManualLoop();
    ManualLoop clientLoop = new ManualLoop();
    Client client = new Client(clientLoop);
    LoopBridge bridge = new LoopBridge(client, clientLoop, journalLoop);
    StringBuilder sent = new StringBuilder();
    journalLoop.run(
        () -> {
          client.attach(rig.journal, bridge, reading(0, false));
          rig.journal.begin(EVENTS);
        });
    boolean leaves = random.nextInt(4) == 0;
    for (int step = random.nextInt(80); step > 0; step--) {
      switch (random.nextInt(5)) {
        case 0, 1 -> {
          if (!"pause".equals(rig.owner.log.isEmpty() ? "" : rig.owner.log.getLast())) {
            String event = "data: " + "x".repeat(random.nextInt(20_000)) + step + "\n\n";
            sent.append(event);
            journalLoop.run(() -> rig.read(event));
          }
        }
        case 2 -> journalLoop.runTasks(random.nextInt(3));
        case 3 -> clientLoop.runTasks(random.nextInt(3));
        default -> {
          client.isWritable = random.nextBoolean();
          clientLoop.run(bridge::clientWritable);
        }
      }
      assertThat(client.handedOver()).as(replay).isLessThan(LoopBridge.IN_FLIGHT_MAX + 20_100);
    }
    if (leaves) {
      journalLoop.run(requireNonNull(client.cursor)::detach);
    }
    journalLoop.run(() -> rig.journal.end(COMPLETE));
    client.isWritable = true;
    clientLoop.run(bridge::clientWritable);
    while (clientLoop.hasTasks() || journalLoop.hasTasks()) {
      clientLoop.runTasks(1);
      journalLoop.runTasks(1);
    }
    if (leaves) {
      assertThat(sent.toString()).as(replay).startsWith(client.body);
    } else {
      assertThat(client.body.toString()).as(replay).isEqualTo(sent.toString());
      assertThat(client.log).as(replay).endsWith("end");
    }
    rig.journal.close();
    rig.pass(1);
    assertThat(rig.usedBytes()).as(replay).isZero();
    assertThat(budget.heldBytes()).as(replay).isZero();
  }

  // Two threads.

  @Test
  void clientsOnARealLoopGetEverythingInOrder() throws Exception {
    DefaultEventExecutor journals = new DefaultEventExecutor();
    DefaultEventExecutor clients = new DefaultEventExecutor();
    List<Client> all = new ArrayList<>();
    String last = "data: last\n\n";
    int events = 2_000;
    try {
      journals
          .submit(
              () -> {
                for (int i = 0; i < 4; i++) {
                  Client each = new Client(clients);
                  all.add(each);
                  each.attach(
                      journal, new LoopBridge(each, clients, journals), reading(i * 10L, false));
                }
                journal.begin(EVENTS);
              })
          .get();
      for (int i = 0; i < events; i++) {
        journals.execute(() -> rig.read(EVENT));
      }
      journals.execute(() -> rig.read(last));
      journals.execute(() -> journal.end(COMPLETE));
      for (int i = 0; i < 4; i++) {
        all.get(i).ended.get(30, TimeUnit.SECONDS);
        assertThat(all.get(i).body.toString().equals(EVENT.repeat(events - i * 10) + last))
            .isTrue();
      }
    } finally {
      clients.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
      journals.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
    }
  }

  @Test
  void aRealLoopThatEndsInTheMiddleLeavesNothing() throws Exception {
    DefaultEventExecutor journals = new DefaultEventExecutor();
    DefaultEventExecutor clients = new DefaultEventExecutor();
    Client each = new Client(clients);
    try {
      journals
          .submit(
              () -> {
                each.attach(journal, new LoopBridge(each, clients, journals), reading(0, false));
                journal.begin(EVENTS);
              })
          .get();
      for (int i = 0; i < 2_000; i++) {
        journals.execute(() -> rig.read(EVENT));
        if (i == 500) {
          var _ = clients.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        }
      }
      clients.terminationFuture().sync();
      journals.submit(() -> rig.read(EVENT)).get();
      journals.submit(() -> assertThat(journal.readers()).isZero()).get();
    } finally {
      journals.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
    }
    assertThat(EVENT.repeat(2_001)).startsWith(each.body.toString());
  }

  private void attach(Reading reading) {
    journalLoop.run(
        () -> {
          client.attach(journal, bridge, reading);
          journal.begin(EVENTS);
          journal.flush();
        });
  }

  private void read(int events) {
    for (int i = 0; i < events; i++) {
      journalLoop.run(() -> rig.read(EVENT));
    }
  }

  private void settle() {
    while (clientLoop.hasTasks() || journalLoop.hasTasks()) {
      clientLoop.runTasks(1);
      journalLoop.runTasks(1);
    }
  }

  /** Keeps what it is sent; on its own loop only. */
  private static final class Client implements CursorSink {
    private final EventExecutor loop;
    private final List<String> log = new ArrayList<>();
    private final StringBuilder body = new StringBuilder();
    private final CompletableFuture<Ending> ended = new CompletableFuture<>();
    private @Nullable Cursor cursor;
    private int failsAt = -1;
    private boolean isWritable = true;

    Client(EventExecutor loop) {
      this.loop = loop;
    }

    void attach(Journal journal, LoopBridge bridge, Reading reading) {
      Cursor attached = journal.attach(bridge, reading);
      cursor = attached;
      bridge.readBy(attached);
    }

    /** Bytes that were handed over and have not come yet. */
    long handedOver() {
      return requireNonNull(cursor).bytesWritten() - body.length();
    }

    @Override
    public void writeHead(JournalHead head) {
      log("head " + head.status());
    }

    @Override
    public void writeBody(ByteBuf bytes) {
      String text = bytes.toString(US_ASCII);
      bytes.release();
      if (failsAt-- == 0) {
        throw new IllegalStateException("client");
      }
      body.append(text);
      log(text);
    }

    @Override
    public void flush() {
      log("flush");
    }

    @Override
    public boolean isWritable() {
      assertThat(loop.inEventLoop()).as("on its own loop").isTrue();
      return isWritable;
    }

    @Override
    public void end(Ending ending) {
      log("end");
      ended.complete(ending);
    }

    private void log(String what) {
      assertThat(loop.inEventLoop()).as("on its own loop").isTrue();
      assertThat(log).doesNotContain("end");
      log.add(what);
    }
  }
}

package dev.sluice.sse.journal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sse.codec.NaiveBlocks;
import dev.sluice.sse.keepalive.KeepAlive;
import dev.sluice.sse.keepalive.KeepAliveForm;
import dev.sluice.sse.keepalive.SilenceWheel;
import dev.sluice.sse.replay.LocalJournals;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random steps on calls that share one memory: providers that send anything in any pieces and end
 * in every way, clients that come at any time, take and do not take, and go, also from within a
 * write; bounds that are hit, time that passes. Beside it {@link NaiveAnswer}, which knows neither
 * pieces nor time. One seed is one run, in virtual time; {@code -Dsluice.seed=N} plays one alone.
 */
class JournalModelTest {

  private static final int SEEDS = Integer.getInteger("sluice.seeds", 4_000);

  @Test
  void everyClientGetsItsBytesOnceAndInOrderAndNothingIsLeftBehind() {
    Long only = Long.getLong("sluice.seed");
    for (long seed = only == null ? 0 : only; seed < (only == null ? SEEDS : only + 1); seed++) {
      try {
        new World(seed).run();
      } catch (Throwable e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  private enum Hook {
    HEAD,
    WRITE,
    FLUSH,
    END
  }

  /** One loop's memory, clock and calls. */
  private static final class World {
    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long SILENCE_MAX_NANOS = TimeUnit.MILLISECONDS.toNanos(18_200);

    private final Random random;
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false, true);
    private long nanos = 1_000_000_000L;
    private final SilenceWheel wheel = new SilenceWheel(() -> nanos);
    private final JournalBudget budget;
    private final PageMemory memory;
    private final LocalJournals journals;
    private final List<Call> calls = new ArrayList<>();

    // How this world is.
    private final boolean isAmple;
    private final boolean clientsKeepBuffers;
    private final boolean isReentrant;
    private int depth;

    World(long seed) {
      random = new Random(seed);
      isAmple = chance(4);
      clientsKeepBuffers = random.nextBoolean();
      isReentrant = random.nextBoolean();
      long perCall = isAmple ? 1 << 20 : List.of(512, 900, 3_200, 14_000).get(random.nextInt(4));
      long total = isAmple ? 1 << 24 : perCall * (1 + random.nextInt(3)) + random.nextInt(500);
      budget = new JournalBudget(perCall, total);
      memory = new PageMemory(budget, allocator, wheel);
      journals = new LocalJournals(wheel, memory);
      for (int i = random.nextInt(3); i >= 0; i--) {
        calls.add(new Call(this));
      }
    }

    void run() {
      for (int step = 20 + random.nextInt(100); step > 0; step--) {
        Call call = calls.get(random.nextInt(calls.size()));
        if (chance(8)) {
          pass(random.nextInt(40_000));
        } else {
          call.step();
        }
        calls.forEach(Call::check);
        checkBounds();
      }
      calls.forEach(Call::playOut);
      calls.forEach(call -> call.clients.forEach(Client::takeAll));
      calls.forEach(Call::checkOutcome);
      pass(WINDOW_NANOS / 1_000_000 + 2_000);
      assertThat(journals.size()).isZero();
      calls.stream().filter(call -> call.held == null).forEach(call -> call.journal.close());
      pass(2_000);
      assertThat(budget.heldBytes()).as("bytes held").isZero();
      assertThat(usedBytes()).as("buffers that nobody released").isZero();
      assertThat(wheel.size()).as("deadlines that nobody forgot").isZero();
    }

    private void checkBounds() {
      if (clientsKeepBuffers) {
        return; // what they have not sent yet is counted too
      }
      // Each call: the batch that exceeds the bound, and one behind the pause; each with its page.
      long overrun = 0;
      for (Call call : calls) {
        overrun += 2L * (call.batchBytesMax + JournalPages.PAGE_MAX);
      }
      if (calls.size() == 1) {
        assertThat(budget.heldBytes())
            .as("bytes held of one call")
            .isLessThanOrEqualTo(budget.perCallMaxBytes() + overrun);
      }
      assertThat(budget.heldBytes())
          .as("bytes held of all")
          .isLessThanOrEqualTo(budget.totalMaxBytes() + overrun);
    }

    private void pass(long millis) {
      long until = nanos + TimeUnit.MILLISECONDS.toNanos(millis);
      while (nanos < until) {
        nanos = Math.min(until, nanos + SilenceWheel.TICK_NANOS);
        wheel.advance();
      }
      if (millis > 300 && !isReentrant) {
        calls.forEach(Call::checkSilence);
      }
    }

    private long usedBytes() {
      return allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory();
    }

    private boolean chance(int in) {
      return random.nextInt(in) == 0;
    }

    private ByteBuf bytes(String text) {
      ByteBuf bytes = allocator.heapBuffer(text.length());
      bytes.writeCharSequence(text, ISO_8859_1);
      return bytes;
    }
  }

  /** One paid call: its provider, its journal, its clients. */
  private static final class Call implements JournalOwner, JournalObserver {
    private final World world;
    private final Random random;
    private final Journal journal;
    private final JournalHead head;
    private final String stream;
    private final ArrayDeque<Integer> cuts;
    private final List<Client> clients = new ArrayList<>();
    private final Set<Cursor> readToTheEnd = new HashSet<>();

    private int offset;
    private int batchBytesMax;
    private boolean isPaused;
    private boolean hasReadWhilePaused;
    private boolean isCutWithin;
    private boolean isLetGo;
    private boolean wasResumable = true;
    private boolean isClosed;
    private @Nullable Ending said;
    private Ending forMisled = new Ending.Complete();
    private LocalJournals.@Nullable Held held;

    Call(World world) {
      this.world = world;
      random = world.random;
      journal = new Journal(this, this, world.wheel, random, world.memory);
      JournalHead.Form form =
          world.chance(6)
              ? world.chance(2) ? JournalHead.Form.JSON : JournalHead.Form.OPAQUE
              : JournalHead.Form.EVENTS;
      head = new JournalHead(world.chance(8) ? 500 : 200, List.of(), form, -1);
      stream = (form == JournalHead.Form.JSON ? "{" : "") + stream(random);
      cuts =
          stream.length() > 10_000
              ? largeCuts(stream.length(), random)
              : new ArrayDeque<>(NaiveBlocks.randomCuts(stream.length(), random));
    }

    private static ArrayDeque<Integer> largeCuts(int length, Random random) {
      ArrayDeque<Integer> cuts = new ArrayDeque<>();
      for (int at = 0; at < length; cuts.add(at)) {
        at = Math.min(length, at + 1 + random.nextInt(random.nextBoolean() ? 1_000 : 70_000));
      }
      return cuts;
    }

    private static String stream(Random random) {
      String stream = NaiveBlocks.random(random);
      if (random.nextInt(6) == 0) {
        String end = List.of("\n\n", "\r\r", "\r\n\r\n").get(random.nextInt(3));
        stream +=
            end + "data: " + "long".repeat(17_000 + random.nextInt(30_000)) + "\ndata: swallow";
        stream += random.nextInt(4) == 0 ? "" : end;
      }
      if (random.nextBoolean()) {
        stream += NaiveBlocks.random(random);
      }
      if (random.nextInt(3) == 0) {
        stream += "\n\ndata: [DONE]\n\n" + "rest".repeat(random.nextInt(3));
      }
      return stream;
    }

    // What happens.

    void step() {
      switch (random.nextInt(16)) {
        case 0, 1, 2, 3, 4, 5 -> read();
        case 6, 7 -> attach();
        case 8, 9, 10, 11 -> someClient(client -> client.take(random.nextInt(40_000)));
        case 12 -> someClient(client -> client.takeNothing(!client.takesNothing));
        case 13 -> someClient(this::detach);
        case 14 -> endPerhaps();
        default -> rarely();
      }
    }

    private void rarely() {
      switch (random.nextInt(12)) {
        case 0 -> close();
        case 1, 2 -> letGo();
        case 3 -> isLetGo |= journal.head() == null && !journal.mayHold(random.nextInt(40_000));
        default -> keepPerhaps();
      }
    }

    private void read() {
      if (isEnded() || isClosed || (isPaused && (hasReadWhilePaused || !world.chance(8)))) {
        return;
      }
      hasReadWhilePaused = isPaused; // what was received already when it was told to pause
      if (journal.head() == null) {
        journal.begin(head);
      }
      int batchBytes = 0;
      int pieces = 1 + random.nextInt(6);
      for (int i = 0; i < pieces && !cuts.isEmpty(); i++) {
        int cut = cuts.remove();
        ByteBuf piece = world.bytes(stream.substring(offset, cut));
        batchBytes += cut - offset;
        offset = isEnded() ? offset : cut;
        batchBytesMax = Math.max(batchBytesMax, batchBytes);
        journal.append(piece);
      }
      journal.flush();
      // From within a flush, one that was flushed already may take no more; the next batch sees it.
      if (!world.isReentrant && !isEnded() && present().anyMatch(Client::reads)) {
        boolean nobodyTakes = present().noneMatch(Client::takes);
        assertThat(isPaused || !nobodyTakes).as("paused when nobody takes anything").isTrue();
      }
    }

    private void endPerhaps() {
      if (isEnded() || isClosed || (random.nextInt(3) > 0 && !cuts.isEmpty())) {
        return;
      }
      if (journal.head() == null && random.nextBoolean()) {
        journal.begin(head);
      }
      end(
          cuts.isEmpty() && random.nextInt(4) > 0
              ? new Ending.Complete()
              : random.nextBoolean() ? failed("it") : new Ending.Cut("cut", null));
    }

    private static Ending.Failed failed(String whom) {
      return new Ending.Failed(
          "failed", ("event: error\ndata: " + whom + "\n\n").getBytes(ISO_8859_1));
    }

    private void end(Ending ending) {
      said = ending;
      forMisled = random.nextBoolean() ? failed("misled") : ending;
      journal.end(ending, forMisled);
      keepPerhaps();
    }

    private void keepPerhaps() {
      if (isEnded() && journal.isResumable() && held == null) {
        held =
            world.journals.keep(
                journal, world.nanos + World.WINDOW_NANOS, random.nextBoolean(), this::gone);
      }
    }

    private void gone() {
      assertThat(isLetGo).as("given up once").isFalse();
      isLetGo = true;
    }

    private void letGo() {
      LocalJournals.Held kept = held;
      if (kept == null) {
        isLetGo = true;
        journal.letGo();
      } else {
        kept.drop();
      }
    }

    private void close() {
      if (held == null) {
        isClosed = true;
        isLetGo = true;
        clients.forEach(client -> client.isDetached |= !client.isOver());
        journal.close();
      }
    }

    private void attach() {
      Client client = new Client(this);
      if (!journal.isResumable() && (journal.length() > 0 || isEnded() || isClosed)) {
        assertThatThrownBy(() -> journal.attach(client, client.reading))
            .isInstanceOf(IllegalStateException.class);
        return;
      }
      if (journal.isResumable() || (journal.length() == 0 && journal.readers() == 0)) {
        try {
          clients.add(client);
          client.cursor = journal.attach(client, client.reading);
        } catch (IllegalStateException refused) {
          clients.remove(client);
          assertThat(journal.isResumable()).as("refused while resumable").isFalse();
        }
      }
    }

    private void detach(Client client) {
      Cursor cursor = client.cursor;
      if (cursor != null) {
        client.isDetached |= !client.isOver();
        cursor.detach();
      }
    }

    /** Something happens on the stack of a write. */
    void onHook(Client client, Hook hook) {
      if (!world.isReentrant || world.depth > 2 || random.nextInt(30) > 0) {
        return;
      }
      world.depth++;
      switch (random.nextInt(9)) {
        case 0, 1 -> detach(client);
        case 2 -> someClient(this::detach);
        case 3 -> close();
        case 4 -> letGo();
        case 5 -> someClient(other -> other.take(random.nextInt(40_000)));
        case 6 -> someClient(other -> other.takeNothing(!other.takesNothing));
        case 7 -> attach();
        default -> {
          if (hook == Hook.WRITE && !isEnded() && !isClosed && !journal.isWhole()) {
            isCutWithin = true;
            end(random.nextBoolean() ? failed("it") : new Ending.Cut("cut", null));
          }
        }
      }
      world.depth--;
    }

    private void someClient(java.util.function.Consumer<Client> step) {
      if (!clients.isEmpty()) {
        step.accept(clients.get(random.nextInt(clients.size())));
      }
    }

    private java.util.stream.Stream<Client> present() {
      return List.copyOf(clients).stream().filter(Client::isPresent);
    }

    private boolean isEnded() {
      return said != null || journal.isEnded();
    }

    /** From now on every client takes all it gets, and the provider is read to its end. */
    void playOut() {
      for (int round = 0; round < 50_000; round++) {
        for (Client client : List.copyOf(clients)) {
          client.takeAll();
        }
        if (isClosed || (isEnded() && present().findAny().isEmpty())) {
          return;
        }
        if (isEnded()) {
          continue;
        }
        if (present().anyMatch(client -> !client.isWritable())) {
          continue;
        }
        assertThat(isPaused).as("paused though everybody takes").isFalse();
        if (cuts.isEmpty()) {
          end(new Ending.Complete());
        } else {
          read();
        }
      }
      throw new AssertionError("somebody waits for ever: " + present().toList());
    }

    // What must be true.

    void check() {
      boolean isResumable = journal.isResumable();
      assertThat(isResumable && !wasResumable).as("resumable again").isFalse();
      wasResumable = isResumable;
      if (world.isAmple && !isLetGo && !(isEnded() && journal.head() == null)) {
        assertThat(isResumable).as("resumable in ample memory").isTrue();
      }
      if (isEnded() || isClosed) {
        return;
      }
      if (isPaused) {
        boolean somebodyTakes = present().anyMatch(Client::takes);
        boolean isSlowOneBeyondTheBound =
            !isResumable
                && present().anyMatch(client -> client.reads() && !client.takes())
                && (world.calls.size() > 1
                    || world.clientsKeepBuffers
                    || world.budget.heldBytes()
                        > Math.min(world.budget.perCallMaxBytes(), world.budget.totalMaxBytes()));
        assertThat(!somebodyTakes || isSlowOneBeyondTheBound)
            .as("paused while somebody takes: " + present().toList())
            .isTrue();
        assertThat(present().anyMatch(Client::reads)).as("paused for nobody").isTrue();
      }
      boolean isNobodySlow = present().noneMatch(client -> client.reads() && !client.isUp());
      if (world.calls.size() == 1 && !world.clientsKeepBuffers && !isResumable && isNobodySlow) {
        assertThat(world.budget.heldBytes()).as("held for nobody").isZero();
      }
    }

    void checkSilence() {
      if (isEnded() || isClosed || !journal.atBoundary() || journal.isEnding()) {
        return;
      }
      present()
          .filter(client -> client.head != null && client.isWritable() && !client.isLate())
          .filter(client -> requireNonNull(client.head).form() == JournalHead.Form.EVENTS)
          .forEach(
              client ->
                  assertThat(requireNonNull(client.cursor).silenceNanos())
                      .as("silence of " + client)
                      .isLessThanOrEqualTo(World.SILENCE_MAX_NANOS));
    }

    void checkOutcome() {
      boolean isWholeSaid = said instanceof Ending.Complete;
      NaiveAnswer naive = NaiveAnswer.of(head.form(), stream.substring(0, offset), isWholeSaid);
      if (isCutWithin) {
        naive = naive.cutAt(journal.length());
        // Whether that was inside a long event depends on how it came; it is only told where not.
        boolean isTold =
            clients.stream()
                .filter(client -> !requireNonNull(client.cursor).isMisled())
                .anyMatch(client -> client.ending instanceof Ending.Failed);
        assertThat(!isTold || NaiveAnswer.boundaries(naive.body()).contains(naive.body().length()))
            .as("told between two events")
            .isTrue();
        naive = isTold ? naive : naive.withoutNotice();
      } else if (journal.isEnded() && !isClosed) {
        assertThat(journal.length()).as("length").isEqualTo(naive.body().length());
      }
      for (Client client : clients) {
        client.check(naive, expectedEnding(naive));
        assertThat(readToTheEnd.contains(client.cursor))
            .as("told that %s has all", client)
            .isEqualTo(requireNonNull(client.cursor).isEnded());
      }
    }

    private Ending expectedEnding(NaiveAnswer naive) {
      Ending ending = said;
      if (ending == null || (naive.isWhole() && !isCutWithin)) {
        return new Ending.Complete();
      }
      return naive.canBeTold() ? ending : withoutNotice(ending);
    }

    private static Ending withoutNotice(Ending ending) {
      return switch (ending) {
        case Ending.Complete complete -> complete;
        case Ending.Failed failed -> new Ending.Cut(failed.code(), null);
        case Ending.Cut cut -> new Ending.Cut(cut.code(), null);
      };
    }

    // As the journal's owner and observer.

    @Override
    public void pause() {
      assertThat(isPaused).as("paused twice").isFalse();
      isPaused = true;
    }

    @Override
    public void resume() {
      assertThat(isPaused).as("resumed twice").isTrue();
      isPaused = false;
    }

    @Override
    public void wholeByMarker() {
      said = new Ending.Complete();
      forMisled = said;
      keepPerhaps();
    }

    @Override
    public void readToTheEnd(Cursor reader) {
      assertThat(readToTheEnd.add(reader)).as("told once of each end").isTrue();
    }

    @Override
    public Verdict onEvent(ByteBuf bytes, int start, int end) {
      return NaiveAnswer.verdict(bytes.toString(start, end - start, ISO_8859_1));
    }

    @Override
    public void onBytes(ByteBuf bytes) {}
  }

  /** One client: a connection with room for some bytes, that somebody empties or does not. */
  private static final class Client implements CursorSink {
    private final Call call;
    private final Random random;
    private final Reading reading;
    private final int roomBytes;
    private final StringBuilder body = new StringBuilder();
    private final List<Integer> keepAliveOffsets = new ArrayList<>();
    private final ArrayDeque<ByteBuf> kept = new ArrayDeque<>();
    private final ArrayDeque<String> keptText = new ArrayDeque<>();

    private @Nullable Cursor cursor;
    private @Nullable JournalHead head;
    private @Nullable Ending ending;
    private long waitingBytes;
    private boolean takesNothing;
    private boolean isDetached;

    Client(Call call) {
      this.call = call;
      random = call.random;
      roomBytes = List.of(1, 300, 3_000, 1 << 30).get(random.nextInt(4));
      boolean isJson = random.nextInt(6) == 0;
      KeepAlive keepAlive =
          new KeepAlive(
              true,
              Duration.ofSeconds(15),
              20,
              KeepAlive.Style.AUTO,
              Duration.ofSeconds(10),
              isJson);
      reading =
          new Reading(
              keepAlive,
              new KeepAliveForm(null, random.nextBoolean()),
              random.nextBoolean() ? null : isJson ? JournalRig.JSON : JournalRig.EVENTS,
              List.of(Map.entry("own", "field")),
              random.nextBoolean() ? 0 : random.nextInt(12),
              random.nextBoolean());
    }

    boolean isOver() {
      Cursor mine = cursor;
      return ending != null || (mine != null && mine.isEnded());
    }

    boolean isPresent() {
      return cursor != null && !isDetached && !isOver();
    }

    /** Whether it wants the body. */
    boolean reads() {
      Cursor mine = cursor;
      return mine != null && isPresent() && !mine.isMisled();
    }

    boolean takes() {
      return reads() && (head == null || isWritable());
    }

    boolean isLate() {
      Cursor mine = cursor;
      return mine != null && mine.isBehind();
    }

    boolean isUp() {
      return takes() && !isLate();
    }

    void takeNothing(boolean takesNothing) {
      boolean wasWritable = isWritable();
      this.takesNothing = takesNothing;
      writabilityMayHaveChanged(wasWritable);
    }

    /** The connection takes some bytes. */
    void take(int most) {
      boolean wasWritable = isWritable();
      int left = takesNothing ? 0 : most;
      while (left > 0 && waitingBytes > 0) {
        ByteBuf bytes = kept.poll();
        if (bytes == null) {
          waitingBytes = 0;
        } else {
          assertThat(bytes.toString(ISO_8859_1))
              .as("unchanged while it waits to be sent")
              .isEqualTo(keptText.remove());
          left -= bytes.readableBytes();
          waitingBytes -= bytes.readableBytes();
          bytes.release();
        }
      }
      writabilityMayHaveChanged(wasWritable);
    }

    void takeAll() {
      takeNothing(false);
      take(Integer.MAX_VALUE);
    }

    private void writabilityMayHaveChanged(boolean wasWritable) {
      Cursor mine = cursor;
      if (mine != null && (isWritable() != wasWritable || random.nextInt(8) == 0)) {
        mine.writabilityChanged();
      }
    }

    @Override
    public void writeHead(JournalHead head) {
      assertThat(this.head).as("one head").isNull();
      assertThat(isDetached).as("a head for one that has gone").isFalse();
      assertThat(head.fields()).containsOnlyOnce(Map.entry("own", "field"));
      this.head = head;
      call.onHook(this, Hook.HEAD);
    }

    @Override
    public void writeBody(ByteBuf bytes) {
      String text = bytes.toString(ISO_8859_1);
      assertThat(ending).as("bytes behind the end").isNull();
      assertThat(head).as("bytes before the head").isNotNull();
      assertThat(isDetached).as("bytes for one that has gone").isFalse();
      if (call.world.clientsKeepBuffers) {
        kept.add(bytes);
        keptText.add(text);
      } else {
        bytes.release();
      }
      waitingBytes += text.length();
      if (isKeepAlive(text)) {
        keepAliveOffsets.add(body.length());
      } else {
        body.append(text);
      }
      call.onHook(this, Hook.WRITE);
    }

    private boolean isKeepAlive(String text) {
      return text.equals(": keep-alive\n\n")
          || text.equals(": keep-alive\n")
          || (text.equals("\n")
              && body.isEmpty()
              && requireNonNull(head).form() == JournalHead.Form.JSON);
    }

    @Override
    public void flush() {
      assertThat(ending).as("flushed behind the end").isNull();
      if (random.nextInt(3) == 0) {
        take(random.nextInt(5_000));
      }
      call.onHook(this, Hook.FLUSH);
    }

    @Override
    public boolean isWritable() {
      return !takesNothing && waitingBytes < roomBytes;
    }

    @Override
    public void end(Ending ending) {
      assertThat(this.ending).as("one end").isNull();
      assertThat(isDetached).as("an end for one that has gone").isFalse();
      this.ending = ending;
      call.onHook(this, Hook.END);
    }

    void check(NaiveAnswer answer, Ending expectedEnding) {
      Cursor mine = requireNonNull(cursor);
      String written = body.toString();
      JournalHead promised = head;
      if (promised == null) {
        assertThat(written).isEmpty();
        assertThat(ending).isNull();
        return;
      }
      if (mine.isMisled() || call.journal.head() == null) {
        boolean isEvents = promised.form() == JournalHead.Form.EVENTS;
        Ending told = isEvents ? call.forMisled : Call.withoutNotice(call.forMisled);
        assertThat(written).as("told to " + this).isIn("", notice(told));
        assertThat(ending).isIn(null, told);
        assertThat(ending == null || written.equals(notice(told))).isTrue();
        return;
      }
      String expected = answer.readBy(reading, call.head.form());
      boolean isBomLost =
          answer.beganWithBom()
              && reading.afterEvent() == 0
              && !keepAliveOffsets.isEmpty()
              && keepAliveOffsets.getFirst() == 0;
      int lost = isBomLost ? NaiveAnswer.BOM.length() : 0;
      if (call.head.form() == JournalHead.Form.EVENTS) {
        Set<Integer> boundaries = NaiveAnswer.boundaries(expected);
        for (int at : keepAliveOffsets) {
          assertThat(boundaries).as("place of a comment").contains(at == 0 ? 0 : at + lost);
        }
      } else {
        assertThat(keepAliveOffsets).as("places of white space").allMatch(at -> at == 0);
      }
      expected = expected.substring(Math.min(lost, expected.length()));
      if (mine.isEnded()) {
        assertThat(ending).as("ending of " + this).isEqualTo(expectedEnding);
        assertThat(written).as("bytes of " + this).isEqualTo(expected + notice(expectedEnding));
      } else {
        assertThat(isDetached).as("without an end: " + this).isTrue();
        Ending told = call.isCutWithin ? requireNonNull(call.said) : expectedEnding;
        assertThat(expected + notice(told)).as("beginning of " + this).startsWith(written);
      }
    }

    private static String notice(Ending ending) {
      return switch (ending) {
        case Ending.Complete _ -> "";
        case Ending.Failed(String _, byte[] notice) -> new String(notice, ISO_8859_1);
        case Ending.Cut(String _, byte @Nullable [] notice) ->
            notice == null ? "" : new String(notice, ISO_8859_1);
      };
    }

    @Override
    public String toString() {
      Cursor mine = cursor;
      return "client %d (after %d, numbered %s, room %d, writable %s, blocked %s, behind %s, detached %s)"
          .formatted(
              call.clients.indexOf(this),
              reading.afterEvent(),
              reading.isNumbered(),
              roomBytes,
              isWritable(),
              mine != null && mine.isBlocked(),
              isLate(),
              isDetached);
    }
  }
}

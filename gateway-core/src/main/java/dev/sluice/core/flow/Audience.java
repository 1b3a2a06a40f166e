package dev.sluice.core.flow;

import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.core.dialect.Routes;
import dev.sluice.core.identity.Claim;
import dev.sluice.core.identity.IndexedCall;
import dev.sluice.sse.journal.Cursor;
import dev.sluice.sse.journal.Journal;
import dev.sluice.sse.journal.JournalHead;
import dev.sluice.sse.journal.JournalHead.Form;
import dev.sluice.sse.journal.Reading;
import dev.sluice.sse.keepalive.SilenceWheel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who reads the paid calls of one loop: gives seats, hears of those that are done or leave, and
 * keeps an answer for as long as somebody may still want it. Confined to that loop.
 */
final class Audience {

  static final String LIVE = "live";
  private static final String REPLAY = "Sluice-Replay";
  private static final List<Map.Entry<String, String>> LIVE_FIELDS =
      List.of(Map.entry(REPLAY, LIVE));

  static final String JOINED = "joined";
  static final String ADOPTED = "adopted";
  static final String REPLAYED = "replayed";

  private static final long MILLIS_PER_SECOND = 1_000L;

  private final FlowRooms rooms;

  Audience(FlowRooms rooms) {
    this.rooms = rooms;
  }

  static String word(Claim.How how) {
    return switch (how) {
      case JOINED -> JOINED;
      case ADOPTED -> ADOPTED;
      case REPLAYED -> REPLAYED;
    };
  }

  /** The seat of the client whose request is paid for. */
  void open(PaidCall paid, Seat seat, @Nullable JournalHead early) {
    attach(paid, seat, early, 0);
  }

  /**
   * Somebody wants to read a call that exists. It belongs to its own loop: it is asked there, and
   * answers here, unless the client has gone meanwhile.
   */
  void join(Request r, IndexedCall<PaidCall> call, String how, Consumer<Seated> then) {
    Seat seat = new Seat(r, call, how, rooms.loop());
    r.seat = seat;
    Loops.on(
        call.loop(),
        () -> {
          PaidCall paid = call.held();
          Seated seated = paid == null ? new Seated.Gone() : paid.flow.audience().seat(paid, seat);
          Loops.on(
              rooms.loop(),
              () -> {
                if (!r.isOver()) {
                  if (!(seated instanceof Seated.Reading)) {
                    r.seat = null;
                  }
                  then.accept(seated);
                }
              });
        });
  }

  /** Whoever claimed a call and gets no seat at it has left it. */
  private Seated seat(PaidCall paid, Seat seat) {
    Seated seated = seatIfAny(paid, seat);
    if (!(seated instanceof Seated.Reading)
        && !paid.isReleased
        && paid.journal().readers() == 0
        && !(paid.work == null && paid.wasDelivered)) {
      rooms.calls().left(paid.entry);
    }
    return seated;
  }

  private Seated seatIfAny(PaidCall paid, Seat seat) {
    if (paid.isReleased) {
      return new Seated.Gone();
    }
    Journal journal = paid.journal();
    Request r = seat.request;
    StreamAsk ask = r.streamAsk;
    if (ask != null && !(mayRead(paid, ask) && isStream(paid))) {
      return new Seated.Refused(Routes.unknownStream());
    }
    if (!journal.isResumable()) {
      return new Seated.Refused(Resume.notHeld(paid.id()));
    }
    long after = Math.max(0, r.resumeAfter);
    if (after > journal.eventsPassed()) {
      return new Seated.Refused(Resume.beyond(after, journal.eventsPassed()));
    }
    if (ask != null && journal.isEnded() && after > 0 && after == journal.eventsPassed()) {
      return new Seated.NothingLeft();
    }
    JournalHead early =
        journal.isBegun() || paid.work == null || paid.work.earlyForm == null
            ? null
            : Refusals.early(paid.work.earlyForm, paid.id(), true);
    if (ask != null) {
      seat.how = paid.work == null ? REPLAYED : JOINED;
    }
    rooms.calls().attended(paid.entry);
    attach(paid, seat, early, after);
    Exchange x = paid.work;
    if (x != null && x.isOrphan) {
      x.isOrphan = false;
      x.orphanUntilNanos = SilenceWheel.NEVER;
      x.orphan = Orphans.RETURNED;
    }
    if (paid.isFailure) {
      release(paid); // told once more; from now on the id is free
    }
    return new Seated.Reading();
  }

  private void attach(PaidCall paid, Seat seat, @Nullable JournalHead early, long after) {
    paid.seats.add(seat);
    paid.seatsTaken++;
    boolean isNumbered = seat.request.wantsNumbers();
    Cursor cursor =
        paid.journal()
            .attach(
                seat.sink,
                new Reading(
                    paid.policy.keepAlive(),
                    paid.dialect.keepAliveForm(),
                    early,
                    ownFields(paid, seat, isNumbered),
                    after,
                    isNumbered));
    seat.cursor = cursor;
    if (seat.bridge != null) {
      seat.bridge.readBy(cursor);
    }
    if (cursor.isEnded()) {
      readToTheEnd(paid, cursor);
    }
  }

  private List<Map.Entry<String, String>> ownFields(PaidCall paid, Seat seat, boolean isNumbered) {
    if (!isNumbered && seat.isFirst()) {
      return LIVE_FIELDS;
    }
    List<Map.Entry<String, String>> fields = new ArrayList<>(4);
    fields.add(Map.entry(REPLAY, seat.how));
    if (isNumbered && paid.journal().isResumable()) {
      long until =
          Math.ceilDiv(rooms.clock().millis(), MILLIS_PER_SECOND)
              + rooms.resume().tokenLife().toSeconds();
      fields.add(
          Map.entry(
              "Sluice-Resume-Token", rooms.tokens().issue(paid.team.name(), paid.id(), until)));
    }
    StreamAsk ask = seat.request.streamAsk;
    if (ask != null) {
      fields.addAll(ask.crossOrigin());
    }
    return fields;
  }

  private boolean mayRead(PaidCall paid, StreamAsk ask) {
    if (ask.token() != null) {
      long now = rooms.clock().millis() / MILLIS_PER_SECOND;
      return rooms.tokens().isValid(ask.token(), paid.team.name(), paid.id(), now);
    }
    return switch (paid.policy.clients()) {
      case OPEN -> true; // whoever may ask here may read here
      case KEYS -> paid.team.equals(ask.team());
      case PASS_THROUGH -> paid.entry.identity().scope().credential() == ask.credential();
    };
  }

  private static boolean isStream(PaidCall paid) {
    JournalHead head = paid.journal().head();
    return head == null ? paid.stream : head.form() == Form.EVENTS;
  }

  /** A client has been sent everything. */
  void readToTheEnd(PaidCall paid, Cursor cursor) {
    Seat seat = paid.seatOf(cursor);
    if (seat == null || seat.isOver) {
      return; // still being attached, and looked after there
    }
    seat.isOver = true;
    paid.seats.remove(seat);
    paid.wasDelivered |= !cursor.isMisled();
    if (paid.work == null && !paid.isReleased && paid.wasDelivered) {
      rooms.calls().finished(paid.entry, true); // it had been left, and somebody has all of it now
    }
    if (!seat.isFirst()) {
      Exchange x = paid.work;
      Usage seen = x == null ? paid.usage : x.reader.usage();
      Usage avoided = seen == null ? Usage.NONE : seen;
      Cost cost = x == null ? paid.cost : rooms.prices().cost(Settlement.ask(x, avoided));
      rooms.record(
          Records.joined(
              paid, seat, Outcome.COMPLETE, seat.how, avoided, cost, rooms.wheel().nanoTime()));
    }
  }

  /**
   * A client has gone before it was sent everything.
   *
   * @return whether nobody is left
   */
  boolean leave(PaidCall paid, Seat seat, String why) {
    Cursor cursor = seat.cursor;
    if (cursor == null || seat.isOver) {
      return false;
    }
    seat.isOver = true;
    paid.seats.remove(seat);
    rooms.idleLimits().record(seat.request.port.pathClass(), cursor.silenceNanos());
    cursor.detach();
    if (!seat.isFirst()) {
      rooms.record(
          Records.joined(
              paid,
              seat,
              Outcome.CLIENT_GONE,
              why,
              Usage.NONE,
              Cost.NONE,
              rooms.wheel().nanoTime()));
    }
    boolean isLast = paid.journal().readers() == 0;
    if (isLast && !paid.isReleased) {
      rooms.calls().left(paid.entry);
    }
    return isLast;
  }

  /** A connection was reset behind the answer: its client may not have got all of it. */
  void mayNotHaveRead(PaidCall paid) {
    if (!paid.isReleased && paid.work == null && paid.seats.isEmpty()) {
      rooms.calls().left(paid.entry);
    }
  }

  /** The call is settled: its answer is kept if anybody may still want it. */
  void settled(Exchange x, Outcome outcome, Settlement settlement) {
    PaidCall paid = x.paid;
    paid.work = null;
    paid.usage = settlement.usage();
    paid.cost = settlement.cost();
    Journal journal = paid.journal();
    boolean isWhole = outcome == Outcome.COMPLETE;
    boolean wasCommitted = x.wasLate || (journal.isBegun() && x.providerStatus == 200);
    paid.isFailure = !isWhole;
    if (journal.isResumable()
        && journal.isEnded()
        && !rooms.resume().window().isZero()
        && (isWhole || (isProviders(outcome) && wasCommitted && paid.isNamed()))) {
      keep(paid);
    } else if (outcome == Outcome.REFUSED || (isProviders(outcome) && !wasCommitted)) {
      rooms.calls().failed(paid.entry); // so that its retry is a real one
      release(paid);
    } else {
      release(paid);
    }
  }

  private static boolean isProviders(Outcome outcome) {
    return outcome == Outcome.PROVIDER_ERROR || outcome == Outcome.PROVIDER_FAILED;
  }

  private void keep(PaidCall paid) {
    rooms.calls().finished(paid.entry, paid.wasDelivered);
    boolean isSpare = paid.wasDelivered && !paid.isNamed();
    long window = rooms.resume().window().toNanos();
    long spareWindow = Math.min(window, rooms.dedupe().adoptWindow().toNanos());
    paid.held =
        rooms
            .journals()
            .keep(
                paid.journal(),
                rooms.wheel().nanoTime() + (isSpare ? spareWindow : window),
                isSpare,
                () -> release(paid));
  }

  /** Nobody finds the call any more; who reads it now gets the rest. Harmless when repeated. */
  void release(PaidCall paid) {
    if (paid.isReleased) {
      return;
    }
    paid.isReleased = true;
    rooms.calls().release(paid.entry);
    if (paid.held != null) {
      paid.held.drop();
    } else if (paid.journal().isEnded()) {
      paid.journal().letGo();
    } else {
      paid.journal().close();
    }
  }
}

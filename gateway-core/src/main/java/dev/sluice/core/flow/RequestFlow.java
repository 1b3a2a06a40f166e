package dev.sluice.core.flow;

import static java.util.Objects.requireNonNull;

import dev.sluice.billing.admission.Admission;
import dev.sluice.billing.admission.Decision;
import dev.sluice.billing.admission.Pool;
import dev.sluice.billing.admission.Reservation;
import dev.sluice.billing.budget.BudgetDecision;
import dev.sluice.billing.budget.BudgetHold;
import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.estimate.TextShape;
import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.team.KeyOwner;
import dev.sluice.billing.team.TeamId;
import dev.sluice.core.dialect.BodyEdit;
import dev.sluice.core.dialect.Dialect;
import dev.sluice.core.dialect.Refusal;
import dev.sluice.core.dialect.RequestFacts;
import dev.sluice.core.dialect.RequestScan;
import dev.sluice.core.dialect.Routes;
import dev.sluice.core.identity.CallId;
import dev.sluice.core.identity.CallIdentity;
import dev.sluice.core.identity.CallScope;
import dev.sluice.core.identity.Claim;
import dev.sluice.core.identity.IndexedCall;
import dev.sluice.core.prefix.Pass;
import dev.sluice.core.quota.BudgetRefusals;
import dev.sluice.core.quota.QuotaRefusals;
import dev.sluice.core.upstream.HeaderRules;
import dev.sluice.core.upstream.UpstreamFailure;
import dev.sluice.core.upstream.UpstreamRequest;
import dev.sluice.core.upstream.UpstreamStream;
import dev.sluice.sse.journal.Ending;
import dev.sluice.sse.journal.Journal;
import dev.sluice.sse.journal.JournalHead;
import dev.sluice.sse.journal.JournalHead.Form;
import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of a request: its constructor is the list of rooms, its methods are the nine steps in
 * the order of the source. All branching is here; the rooms compute.
 *
 * <p>One instance per event loop, confined to it. A step that may wait answers through its
 * callback, on this loop, at once when it can; the question is the last statement of its method, so
 * an answer on the same stack is harmless.
 *
 * <p>A call that exists is answered only through its journal, also when it fails: so there is one
 * way back to a client, and one place ({@link #settle}) where a call ends.
 */
public final class RequestFlow implements RequestEntry<Request> {

  private static final byte[] NO_BODY = {};

  /**
   * A request on a connection that had others before is rarely one that was cut just now: only
   * where an equal one has been at work for longer than a fast answer takes is it worth a look.
   */
  private static final long SETTLED_NANOS = 20_000_000;

  private static final Logger LOG = LoggerFactory.getLogger(RequestFlow.class);

  private final FlowRooms rooms;
  private final SilenceWheel wheel;
  private final Audience audience;
  private final Set<Exchange> live = new HashSet<>();
  private boolean draining;

  public RequestFlow(FlowRooms rooms) {
    this.rooms = rooms;
    this.wheel = rooms.wheel();
    this.audience = new Audience(rooms);
  }

  // 1 · Accept: route → dialect and policy; what the head alone can rule out.

  @Override
  public Request accept(ClientPort port, HttpRequest head) {
    long now = rooms.clock().millis();
    Request r =
        new Request(
            port,
            CallId.next(rooms.random(), now),
            head.method(),
            head.headers(),
            wheel.nanoTime(),
            now);
    switch (rooms.routes().find(head.method(), head.uri(), head.headers())) {
      case Routes.NotFound(Dialect nearest, Refusal refusal) -> {
        r.dialect = nearest;
        refuse(r, refusal);
      }
      case Routes.Streams streams -> askForStream(r, streams);
      case Routes.Found found -> {
        RoutePolicy policy = rooms.policy(found.route());
        r.dialect = found.dialect();
        r.policy = policy;
        r.target = found.target();
        r.modelInPath = found.modelInPath();
        r.streamInPath = found.streamInPath();
        Refusal refusal = HeadChecks.refusal(head, found.dialect(), policy, draining);
        if (refusal != null) {
          refuse(r, refusal);
        } else {
          identify(r, policy, found.dialect(), found.query());
        }
      }
    }
    return r;
  }

  // 2 · Identify: key → team. Before the body, so that nobody unknown can fill memory.

  private void identify(Request r, RoutePolicy policy, Dialect dialect, String query) {
    r.phase = Phase.IDENTIFY;
    r.team = r.port.owner();
    if (r.team == null) {
      switch (policy.clients()) {
        case OPEN, PASS_THROUGH -> r.team = policy.team();
        case KEYS -> {
          String key = dialect.clientKey(r.headers, query);
          KeyOwner owner = key == null ? null : rooms.authenticator().authenticate(key);
          if (owner != null) {
            r.team = owner.team();
            r.keyId = owner.keyId();
          }
        }
      }
    }
    if (r.team == null) {
      refuse(r, HeadChecks.unknownKey(dialect.clientKey(r.headers, query) != null));
    } else {
      r.tags = CallTags.of(r.headers, rooms.tagFields());
      r.phase = Phase.DECODE;
      r.scan = HeadChecks.isJson(r.headers) ? dialect.newScan() : null;
      boolean isWeighed =
          Tokens.isMetered(policy, rooms.pools()) || rooms.budgets().concern(r.team);
      r.shape = r.scan != null && isWeighed ? new TextShape() : null;
    }
  }

  // 3 · Decode: the body is scanned as it arrives, and kept as it came.

  @Override
  public void content(Request r, ByteBuf bytes) {
    int length = bytes.readableBytes();
    if (r.isOver() || length == 0 || r.policy == null) {
      bytes.release();
      return;
    }
    RoutePolicy policy = r.policy();
    if (r.bodyBytes() + length > policy.bodyMaxBytes()) {
      bytes.release();
      refuse(r, HeadChecks.bodyTooLarge(policy.bodyMaxBytes()));
    } else if (!rooms.bodies().tryTake(length)) {
      bytes.release();
      refuse(r, HeadChecks.bodiesFull(rooms.bodies().maxBytes()));
    } else {
      RequestScan scan = r.scan;
      Refusal refusal = scan == null ? null : scan.scan(bytes);
      Tokens.look(r, bytes);
      r.keep(bytes);
      if (refusal != null) {
        refuse(r, refusal);
      }
    }
  }

  @Override
  public void whole(Request r) {
    if (r.isOver()) {
      return;
    }
    if (r.streamAsk != null) {
      joinStream(r, r.streamAsk);
      return;
    }
    RequestScan scan = r.scan;
    if (scan != null && (r.bodyBytes() > 0 || r.dialect().needsJsonBody())) {
      Refusal refusal = scan.finish();
      if (refusal != null) {
        refuse(r, refusal);
        return;
      }
      r.facts = scan.facts();
    }
    r.scan = null;
    RoutePolicy policy = r.policy();
    Refusal refusal = HeadChecks.modelRefusal(policy, r.model());
    if (refusal != null) {
      refuse(r, refusal);
    } else {
      joinOrOpen(r, policy, r.dialect(), r.team());
    }
  }

  // 4 · Join or open: a call that this team has paid for already is read, not paid again. Of a new
  //     one the journal and a cursor are there from now on, so keep-alive covers all waiting.

  private void joinOrOpen(Request r, RoutePolicy policy, Dialect dialect, TeamId team) {
    r.phase = Phase.JOIN_OR_OPEN;
    CallScope scope = scope(r, policy, dialect, team);
    if (!r.method.equals(HttpMethod.POST) || !rooms.holds(team)) {
      reserve(open(r, rooms.calls().openAlone(scope, r.id, rooms.loop()), false));
      return; // nothing else is paid for, and what is only looked up must be fresh
    }
    String target = dialect.withoutClientKey(r.target);
    CallIdentity identity =
        rooms.identities().of(scope, r.method.name(), target, r.headers, r.body());
    r.identity = identity;
    boolean isOurs = identity instanceof CallIdentity.Named || r.headers.contains(Resume.FIELD);
    r.resumeAfter = Resume.position(r.headers, isOurs);
    if (r.resumeAfter == Resume.MALFORMED) {
      refuse(r, Resume.malformed());
    } else if (rooms
        .calls()
        .hasAttendedEqual(identity, r.port.isFirstOnConnection() ? 0 : SETTLED_NANOS)) {
      // One of those who ask the same may just have been cut, and this may be the same client.
      Loops.afterALook(rooms.loop(), rooms.loops(), () -> claim(r, identity));
    } else {
      claim(r, identity);
    }
  }

  private CallScope scope(Request r, RoutePolicy policy, Dialect dialect, TeamId team) {
    if (policy.clients() != RoutePolicy.Clients.PASS_THROUGH) {
      return new CallScope(team, 0);
    }
    String key = dialect.clientKey(r.headers, query(r.target));
    return new CallScope(team, key == null ? 0 : rooms.fingerprinter().credential(key));
  }

  private static String query(String target) {
    return target.substring(target.indexOf('?') + 1);
  }

  private void claim(Request r, CallIdentity identity) {
    if (r.isOver()) {
      return; // the client has gone meanwhile
    }
    rooms
        .calls()
        .claim(
            identity,
            r.id,
            rooms.loop(),
            claim -> {
              switch (claim) {
                case Claim.Opened(IndexedCall<PaidCall> call) -> {
                  if (r.resumeAfter > 0) {
                    rooms.calls().release(call);
                    refuse(r, Resume.nothingToResume());
                  } else {
                    reserve(open(r, call, true));
                  }
                }
                case Claim.Joined(IndexedCall<PaidCall> call, Claim.How how) ->
                    join(r, call, Audience.word(how));
                case Claim.Conflict(Claim.Kind kind) ->
                    refuse(
                        r,
                        switch (kind) {
                          case OTHER_BODY -> Resume.sameIdOtherBody();
                          case IN_FLIGHT -> Resume.inFlight();
                        });
              }
            });
  }

  private void join(Request r, IndexedCall<PaidCall> call, String how) {
    r.phase = Phase.STREAM_BACK;
    audience.join(r, call, how, seated -> seated(r, seated));
  }

  private void seated(Request r, Seated seated) {
    switch (seated) {
      case Seated.Reading _ -> giveBackBody(r);
      case Seated.NothingLeft _ -> answer(r, Refusals.empty(crossOrigin(r)));
      case Seated.Refused(Refusal refusal) -> refuse(r, refusal);
      case Seated.Gone _ -> {
        CallIdentity identity = r.identity;
        if (identity == null) {
          refuse(r, Routes.unknownStream());
        } else {
          claim(r, identity); // it was forgotten on the way to it
        }
      }
    }
  }

  private Exchange open(Request r, IndexedCall<PaidCall> call, boolean mayBeHeld) {
    RoutePolicy policy = r.policy();
    PaidCall paid = new PaidCall(this, call, r, r.dialect(), policy, r.team());
    call.hold(paid);
    Form early = earlyForm(r, policy);
    Exchange x = new Exchange(paid, r, asksForUsage(r, policy), early, this);
    paid.work = x;
    live.add(x);
    paid.journal(
        new Journal(
            new Pacing(this, wheel, paid),
            x.reader,
            wheel,
            rooms.random(),
            mayBeHeld ? rooms.memory() : null));
    Seat seat = new Seat(r, call, Audience.LIVE, rooms.loop());
    r.seat = seat;
    audience.open(paid, seat, early == null ? null : Refusals.early(early, x.callId(), mayBeHeld));
    wheel.watch(x.deadlines, CallLimits.next(x, wheel.nanoTime()));
    return x;
  }

  // 4 b · The stream of a call that was asked for before, by its id: for browsers, who cannot send
  // a
  //       request twice.

  private void askForStream(Request r, Routes.Streams streams) {
    r.phase = Phase.IDENTIFY;
    r.dialect = Routes.nearest(streams.query(), r.headers);
    if (streams.isPreflight()) {
      answer(r, Refusals.empty(Resume.preflight(rooms.resume(), r.headers)));
      return;
    }
    r.streamAsk = StreamAsk.of(rooms, r, streams);
    r.team = r.streamAsk.team();
    r.keyId = r.streamAsk.keyId();
    r.resumeAfter = Resume.position(r.headers, true);
    if (r.resumeAfter == Resume.MALFORMED) {
      refuse(r, Resume.malformed());
    }
  }

  private void joinStream(Request r, StreamAsk ask) {
    r.phase = Phase.JOIN_OR_OPEN;
    IndexedCall<PaidCall> call = rooms.calls().find(ask.id());
    for (CallScope scope : rooms.scopesOf(ask)) {
      call = call != null ? call : rooms.calls().find(scope, ask.id());
    }
    if (call == null) {
      refuse(r, Routes.unknownStream());
    } else {
      join(r, call, Audience.JOINED);
    }
  }

  private static @Nullable Form earlyForm(Request r, RoutePolicy policy) {
    if (r.stream()) {
      return Form.EVENTS;
    }
    return policy.keepAlive().jsonWhitespace() && r.dialect != null && r.dialect.needsJsonBody()
        ? Form.JSON
        : null;
  }

  private static boolean asksForUsage(Request r, RoutePolicy policy) {
    RequestFacts.UsageAsk ask = r.facts.usageAsk();
    return policy.askForUsage()
        && r.stream()
        && ask != null
        && ask.state() != RequestFacts.UsageAsk.State.ASKED;
  }

  // 5 · Reserve: where it goes, of the route's accounts; what it may cost, where its team has a
  //     budget; then one decision about its tokens, over all the limits that it comes under. It may
  //     wait for that in its team's queue; its client is kept alive meanwhile.

  private void reserve(Exchange x) {
    x.request.phase = Phase.RESERVE;
    Prefixes.look(x, rooms);
    Estimate estimate = Destination.choose(x, rooms);
    x.estimate = estimate;
    if (Books.keep(x) && rooms.budgets().concern(x.team)) {
      switch (Books.hold(x, estimate, rooms.prices(), rooms.budgets())) {
        case BudgetDecision.Held(BudgetHold hold) -> x.hold = hold;
        case BudgetDecision.Stopped stopped -> {
          fail(x, BudgetRefusals.of(stopped), Outcome.REFUSED);
          return;
        }
      }
    }
    x.pool = Tokens.poolOf(x, x.account.provider(), rooms.pools());
    x.pass = Prefixes.pass(x, estimate, rooms);
    askForTokens(x, estimate);
  }

  private void askForTokens(Exchange x, Estimate estimate) {
    x.request.phase = Phase.RESERVE;
    x.askedNanos = wheel.nanoTime();
    Pool pool = x.pool;
    if (pool == null) {
      admitted(x, Admission.unlimited(estimate));
    } else {
      x.waiting = pool.ask(x.team, estimate, x.place, rooms.loop(), said -> decided(x, pool, said));
    }
  }

  private void decided(Exchange x, Pool pool, Decision decision) {
    switch (decision) {
      case Decision.Admitted(Reservation tokens, long _) -> {
        if (x.isSettled) {
          tokens.giveBack(); // the client left while the decision was on its way
        } else {
          admitted(x, tokens);
        }
      }
      case Decision.Refused refused -> {
        if (!x.isSettled) {
          x.refusalFields = Tokens.fields(x, refused.standing(), rooms.clock().instant());
          fail(x, QuotaRefusals.of(refused, x.team, pool.name(), rooms.random()), Outcome.REFUSED);
        }
      }
    }
  }

  private void admitted(Exchange x, Reservation tokens) {
    x.reservation = tokens;
    x.admittedNanos = wheel.nanoTime();
    gate(x);
  }

  // 6 · Gate: one writer for a prompt cache entry. Who has to wait for another's answer to begin
  //     gives its tokens back meanwhile, and keeps its place in its team's queue.

  private void gate(Exchange x) {
    x.request.phase = Phase.GATE;
    Pass pass = x.pass;
    if (pass == null || pass.enter()) {
      forward(x);
    } else {
      Tokens.giveBack(x);
      rooms.upstreams().expect(x.account.provider()); // all that wait here will go at once
      x.isExpected = true;
      pass.await(rooms.loop(), () -> begun(x, pass));
      wheel.watch(x.deadlines, CallLimits.next(x, wheel.nanoTime()));
    }
  }

  /** The answer that it waited for has begun, or will not come and this call is to lead. */
  private void begun(Exchange x, Pass pass) {
    if (!x.isSettled) { // else the client has left meanwhile
      pass.isReleased();
      expectNoMore(x);
      askForTokens(x, requireNonNull(x.estimate, "estimated before it waits"));
    }
  }

  private void waitedEnough(Exchange x, Pass pass) {
    if (pass.giveUp()) {
      expectNoMore(x);
      askForTokens(x, requireNonNull(x.estimate, "estimated before it waits"));
    }
  }

  private void expectNoMore(Exchange x) {
    if (x.isExpected) {
      x.isExpected = false;
      rooms.upstreams().expectNoMore(x.account.provider());
    }
  }

  // 7 · Forward: what will be billed is in the books first. Then the body goes as it came, under
  // the
  //     provider's key. What may have been received is never sent twice; the upstream room replaces
  //     only connections that took nothing.

  private void forward(Exchange x) {
    x.request.phase = Phase.FORWARD;
    if (!Books.keep(x)) {
      send(x);
      return;
    }
    x.booked =
        rooms
            .ledger()
            .intend(
                Books.intent(x, rooms.prices(), rooms.forecast()),
                rooms.loop(),
                booked -> {
                  x.booked = booked;
                  if (!x.isSettled) { // the client may leave while the disk is waited for
                    send(x);
                  }
                });
  }

  private void send(Exchange x) {
    Request r = x.request;
    ByteBuf body = r.takeBody();
    Prefixes.keep(x, body, rooms);
    RequestFacts.UsageAsk ask = r.facts.usageAsk();
    if (body == null) {
      body = Unpooled.EMPTY_BUFFER;
    } else if (x.asksForUsage && ask != null) {
      body = BodyEdit.askForUsage(body, ask);
    }
    boolean passesKey = x.policy.clients() == RoutePolicy.Clients.PASS_THROUGH;
    HttpHeaders headers = HeaderRules.forUpstream(r.headers, x.dialect.keyFields(), passesKey);
    String providerKey = x.account.providerKey();
    if (providerKey != null) {
      x.dialect.putProviderKey(headers, providerKey);
    }
    String target = passesKey ? r.target : x.dialect.withoutClientKey(r.target);
    r.forgetFields();
    x.sentNanos = wheel.nanoTime();
    if (x.pass != null) {
      x.pass.sent(x.sentNanos, x.request.port.owner() != null);
    }
    wheel.watch(x.deadlines, CallLimits.next(x, x.sentNanos));
    UpstreamStream stream =
        rooms
            .upstreams()
            .open(
                x.account.provider(),
                new UpstreamRequest(r.method, target, headers, body),
                new ProviderAnswer(this, x));
    x.upstream = stream;
    if (x.isSettled) {
      stream.cancel(); // it failed on this stack
    }
  }

  // 8 · Stream back: provider → journal → cursors. Keep-alive, usage, backpressure and the end hang
  //     on the journal, not on a client.

  void answerBegins(Exchange x, int status, HttpHeaders fields, long contentLength) {
    x.request.phase = Phase.STREAM_BACK;
    x.providerStatus = status;
    x.statusSent = status;
    x.firstByteNanos = wheel.nanoTime();
    giveBackBody(x.request);
    Form form = AnswerForm.of(fields);
    x.form = form;
    wheel.watch(x.deadlines, CallLimits.next(x, x.firstByteNanos));
    List<Map.Entry<String, String>> kept =
        HeaderRules.forClient(fields, x.callId(), form == Form.EVENTS);
    Tokens.answered(x, status, fields, kept, rooms.clock());
    Destination.answered(x, status, fields, rooms.accounts(), rooms.clock());
    Prefixes.answered(x, status, kept);
    if (!x.journal().mayHold(contentLength)) {
      kept.add(Resume.NOT_HELD);
    }
    x.journal().begin(new JournalHead(status, kept, form, contentLength));
    if (x.journal().hasMisled()) {
      x.lateError = Unpooled.buffer(); // to be told to them in the form that they were promised
      x.wasLate = true;
    }
  }

  void answerBytes(Exchange x, ByteBuf bytes) {
    Prefixes.begun(x, wheel);
    ByteBuf late = x.lateError;
    if (late != null) {
      LateError.keep(late, bytes.retainedDuplicate());
    }
    x.journal().append(bytes);
  }

  void batchEnds(Exchange x) {
    x.journal().flush();
    if (x.isOrphan && !x.isSettled) {
      goOnAlone(x);
    }
  }

  void answerEnds(Exchange x) {
    Prefixes.begun(x, wheel); // also where it was empty
    if (x.form == Form.EVENTS && x.providerStatus == 200 && !x.reader.isComplete()) {
      fail(x, Failures.endedEarly(), Outcome.PROVIDER_FAILED);
      return;
    }
    ByteBuf late = x.lateError;
    if (late == null) {
      x.journal().end(new Ending.Complete());
      settleWhole(x);
    } else {
      Refusal refusal = LateError.of(x.providerStatus, late);
      byte[] notice = x.dialect.streamError(refusal, x.callId(), 0);
      x.journal().end(new Ending.Complete(), new Ending.Failed(refusal.code(), notice));
      settle(x, Outcome.PROVIDER_ERROR, refusal.code());
    }
  }

  void providerFails(Exchange x, UpstreamFailure failure) {
    Destination.failed(x, failure, rooms.accounts());
    fail(x, Failures.of(failure), Outcome.PROVIDER_FAILED);
  }

  /** No whole answer will come. Before commitment the client gets a status, after it an ending. */
  void fail(Exchange x, Refusal refusal, Outcome outcome) {
    stop(x);
    Journal journal = x.journal();
    if (journal.isWhole()) {
      journal.end(new Ending.Complete()); // only the end of its body is missing
      settleWhole(x);
      return;
    }
    Ending cut = new Ending.Cut(refusal.code(), notice(x, refusal, journal.eventsPassed()));
    if (journal.isBegun()) {
      journal.end(cut);
    } else {
      byte[] body = x.dialect.envelope(refusal, x.callId());
      x.statusSent = refusal.status();
      journal.begin(Refusals.head(refusal, x.callId(), body.length).plus(x.refusalFields));
      x.wasLate = journal.hasMisled();
      journal.append(Unpooled.wrappedBuffer(body));
      journal.end(new Ending.Complete(), cut);
    }
    settle(x, outcome, refusal.code());
  }

  /** Null where the stream has told of an error already. */
  private static byte @Nullable [] notice(Exchange x, Refusal refusal, long events) {
    return x.reader.errorInBody() != null
        ? null
        : x.dialect.streamError(refusal, x.callId(), events);
  }

  @Override
  public void clientWritable(Request r) {
    if (r.seat != null) {
      r.seat.clientWritable();
    }
  }

  @Override
  public void clientGone(Request r, String why) {
    Seat seat = r.seat;
    if (seat == null) {
      if (!r.isOver()) {
        drop(r);
        rooms.record(Records.unopened(r, 0, Outcome.CLIENT_GONE, why, wheel.nanoTime()));
      }
    } else {
      if (!seat.isFirst()) {
        drop(r); // also where it has not got its seat yet
      }
      seat.onCall(paid -> paid.flow.leave(paid, seat, why));
    }
  }

  @Override
  public void resetAfterAnswer(Request r) {
    if (r.seat != null) {
      r.seat.onCall(paid -> paid.flow.audience.mayNotHaveRead(paid));
    }
  }

  private void leave(PaidCall paid, Seat seat, String why) {
    if (audience.leave(paid, seat, why)) {
      Exchange x = paid.work;
      if (x != null) {
        lastHasLeft(x, why);
      }
    }
  }

  /** Nobody listens any more: whether the call goes on is a matter of policy. */
  private void lastHasLeft(Exchange x, String why) {
    x.leftWhy = why;
    if (x.form == Form.EVENTS && x.reader.isComplete()) {
      linger(x); // nearly at its end, and the usage may still come
    } else if (x.upstream == null || !x.upstream.wasSent()) {
      x.orphan = Orphans.RELEASED; // it still waited: nothing has been paid
      stop(x);
      settle(x, Outcome.CLIENT_GONE, why);
    } else {
      x.isOrphan = true;
      x.orphanOutput = Orphans.output(x, rooms.estimator());
      x.orphanUntilNanos = Orphans.until(x, wheel.nanoTime());
      goOnAlone(x);
      if (!x.isSettled) {
        wheel.watch(x.deadlines, CallLimits.next(x, wheel.nanoTime()));
      }
    }
  }

  private void goOnAlone(Exchange x) {
    if (Prefixes.isAwaited(x)) {
      return; // others wait for its answer to begin
    }
    String end = Orphans.end(x, rooms.estimator(), rooms.forecast());
    if (end != null && !x.paid.entry.isAttended()) { // somebody may be on the way to it
      endOrphan(x, end);
    }
  }

  private void endOrphan(Exchange x, String orphan) {
    x.orphan = orphan;
    stop(x);
    settle(x, Outcome.CLIENT_GONE, x.leftWhy);
  }

  // 9 · Settle: from every exit, once.

  void settleWhole(Exchange x) {
    if (x.providerStatus >= 400) {
      settle(x, Outcome.PROVIDER_ERROR, "status_" + x.providerStatus);
    } else if (x.reader.errorInBody() != null) {
      settle(x, Outcome.PROVIDER_ERROR, "error_in_body");
    } else {
      settle(x, Outcome.COMPLETE, "complete");
    }
  }

  private void settle(Exchange x, Outcome outcome, String reason) {
    if (x.isSettled) {
      return;
    }
    x.isSettled = true;
    Phase endedIn = x.request.phase;
    x.request.phase = Phase.SETTLE;
    live.remove(x);
    giveBackBody(x.request);
    if (x.lingerUntilNanos == 0) {
      wheel.forget(x.deadlines);
    }
    Settlement settlement = Settlement.of(x, rooms.estimator(), rooms.prices());
    Tokens.settle(x, settlement, outcome, rooms.estimator(), rooms.forecast());
    Books.settle(x, settlement);
    Destination.leave(x);
    expectNoMore(x);
    CallRecord.Caching caching = Prefixes.settle(x, settlement, rooms.prices());
    if (x.isOrphan && x.orphan.equals(Orphans.NONE)) {
      x.orphan = Orphans.FINISHED;
    }
    CallRecord record =
        Records.settled(x, endedIn, outcome, reason, settlement, caching, wheel.nanoTime());
    if (x.booked != null) {
      x.booked.settled(record);
    }
    rooms.record(record);
    audience.settled(x, outcome, settlement);
    x.request.port.settled(record);
    ByteBuf late = x.lateError;
    if (late != null) {
      late.release();
    }
  }

  // Calls of the gateway's own.

  /** Makes a call that nobody has asked for. */
  public void own(OwnCall call) {
    HttpRequest head =
        new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, call.target(), call.fields());
    Request r = accept(new OwnPort(call), head);
    content(r, Unpooled.wrappedBuffer(call.body()));
    whole(r);
  }

  // Refusals of what never became a call.

  @Override
  public RequestEntry.Answer refusal(@Nullable String target, Refusal refusal) {
    long now = rooms.clock().millis();
    String id = CallId.next(rooms.random(), now).text();
    Dialect nearest = rooms.routes().nearest(target);
    byte[] body = nearest.envelope(refusal, id);
    rooms.record(Records.unread(id, nearest, refusal, now));
    return new RequestEntry.Answer(Refusals.head(refusal, id, body.length), body);
  }

  private void refuse(Request r, Refusal refusal) {
    drop(r);
    byte[] body = r.dialect().envelope(refusal, r.id.text());
    JournalHead head = Refusals.head(refusal, r.id.text(), body.length);
    r.port.answer(head.plus(crossOrigin(r)), body, false);
    rooms.record(
        Records.unopened(r, refusal.status(), Outcome.REFUSED, refusal.code(), wheel.nanoTime()));
  }

  /** A short answer of the gateway's own that is no refusal. */
  private void answer(Request r, JournalHead head) {
    drop(r);
    r.port.answer(head, NO_BODY, false);
    rooms.record(
        Records.unopened(r, head.status(), Outcome.COMPLETE, "complete", wheel.nanoTime()));
  }

  private static List<Map.Entry<String, String>> crossOrigin(Request r) {
    return r.streamAsk == null ? List.of() : r.streamAsk.crossOrigin();
  }

  private void drop(Request r) {
    r.markOver();
    giveBackBody(r);
  }

  private void giveBackBody(Request r) {
    ByteBuf unsent = r.takeBody();
    if (unsent != null) {
      unsent.release();
    }
    rooms.bodies().giveBack(r.takeBodyBytesHeld());
  }

  // Deadlines and shutting down.

  /** One of the call's own limits may have passed; answers when to look again. */
  long deadline(Exchange x, long nowNanos) {
    if (x.isSettled || (x.lingerUntilNanos != 0 && nowNanos >= x.lingerUntilNanos)) {
      stop(x);
      if (!x.journal().isEnded()) {
        x.journal().end(new Ending.Complete());
      }
      settle(x, Outcome.COMPLETE, "complete");
      return SilenceWheel.NEVER;
    }
    if (x.isOrphan && nowNanos >= x.orphanUntilNanos) {
      if (x.paid.entry.isAttended() || Prefixes.isAwaited(x)) {
        return nowNanos; // somebody is on the way to it, or waits for it to begin
      }
      endOrphan(x, Orphans.CANCELLED);
      return SilenceWheel.NEVER;
    }
    Refusal passed = CallLimits.passed(x, nowNanos);
    if (passed != null) {
      fail(x, passed, Outcome.PROVIDER_FAILED);
      return SilenceWheel.NEVER;
    }
    Pass pass = x.pass;
    if (pass != null && nowNanos >= pass.giveUpAtNanos()) {
      waitedEnough(x, pass);
    }
    return x.isSettled ? SilenceWheel.NEVER : CallLimits.next(x, nowNanos);
  }

  /** Hears that nothing more will come of a call that was settled before its provider was done. */
  void forget(Exchange x) {
    wheel.forget(x.deadlines);
  }

  /** The answer is whole, but the provider's connection is not at its end yet. */
  void linger(Exchange x) {
    x.lingerUntilNanos = wheel.nanoTime() + CallLimits.LINGER_NANOS;
    wheel.watch(x.deadlines, x.lingerUntilNanos);
  }

  private void stop(Exchange x) {
    if (x.upstream != null) {
      x.upstream.cancel();
    }
  }

  /** From now on new requests are refused; calls in flight go on. */
  public void drain() {
    draining = true;
  }

  /** Ends what still runs, with the dialect's error event where the status has gone out. */
  public void endAll() {
    draining = true;
    for (Exchange x : List.copyOf(live)) {
      fail(x, Failures.draining(), Outcome.DRAINED);
    }
  }

  /** The loop is about to end, its connections have: nothing is held any more. */
  public void close() {
    endAll();
    rooms.journals().clear();
    rooms.memory().close();
  }

  /** Ends a call because an operator says so; drops its answer where it has ended. */
  void cancel(PaidCall paid) {
    Exchange x = paid.work;
    if (x == null) {
      audience.release(paid);
    } else {
      fail(x, Failures.cancelled(), Outcome.CANCELLED);
    }
  }

  long nanoTime() {
    return wheel.nanoTime();
  }

  Audience audience() {
    return audience;
  }

  /** A bug while an answer was handled ends the call, not the loop. */
  void failByBug(Exchange x, RuntimeException bug) {
    LOG.error("call {} failed by a bug in phase {}", x.callId(), x.request.phase.label(), bug);
    if (!x.isSettled) {
      fail(x, Failures.gatewayBug(), Outcome.GATEWAY_FAILED);
    }
  }
}

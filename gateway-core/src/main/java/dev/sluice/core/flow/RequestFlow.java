package dev.sluice.core.flow;

import dev.sluice.billing.admission.Decision;
import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.team.TeamId;
import dev.sluice.core.dialect.BodyEdit;
import dev.sluice.core.dialect.Dialect;
import dev.sluice.core.dialect.Refusal;
import dev.sluice.core.dialect.RequestFacts;
import dev.sluice.core.dialect.RequestScan;
import dev.sluice.core.dialect.Routes;
import dev.sluice.core.identity.CallId;
import dev.sluice.core.identity.CallScope;
import dev.sluice.core.identity.IndexedCall;
import dev.sluice.core.prefix.Turn;
import dev.sluice.core.upstream.HeaderRules;
import dev.sluice.core.upstream.UpstreamRequest;
import dev.sluice.core.upstream.UpstreamStream;
import dev.sluice.sse.journal.Ending;
import dev.sluice.sse.journal.Journal;
import dev.sluice.sse.journal.JournalHead;
import dev.sluice.sse.journal.JournalHead.Form;
import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.concurrent.ImmediateEventExecutor;
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

  private static final Logger LOG = LoggerFactory.getLogger(RequestFlow.class);

  private final FlowRooms rooms;
  private final SilenceWheel wheel;
  private final Set<Exchange> live = new HashSet<>();
  private boolean draining;

  public RequestFlow(FlowRooms rooms) {
    this.rooms = rooms;
    this.wheel = rooms.wheel();
  }

  // 1 · Accept: route → dialect and policy; what the head alone can rule out.

  @Override
  public Request accept(ClientPort port, HttpRequest head) {
    Request r =
        new Request(
            port,
            CallId.next(rooms.random()),
            head.method(),
            head.headers(),
            wheel.nanoTime(),
            rooms.clock().millis());
    switch (rooms.routes().find(head.method(), head.uri(), head.headers())) {
      case Routes.NotFound(Dialect nearest, Refusal refusal) -> {
        r.dialect = nearest;
        refuse(r, refusal);
      }
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
    r.team =
        switch (policy.clients()) {
          case OPEN, PASS_THROUGH -> policy.team();
          case KEYS -> {
            String key = dialect.clientKey(r.headers, query);
            yield key == null ? null : rooms.authenticator().authenticate(key);
          }
        };
    if (r.team == null) {
      refuse(r, HeadChecks.unknownKey(dialect.clientKey(r.headers, query) != null));
    } else {
      r.phase = Phase.DECODE;
      r.scan = HeadChecks.isJson(r.headers) ? dialect.newScan() : null;
    }
  }

  // 3 · Decode: the body is scanned as it arrives, and kept as it came.

  @Override
  public void content(Request r, ByteBuf bytes) {
    int length = bytes.readableBytes();
    if (r.isOver() || length == 0) {
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
    RequestScan scan = r.scan;
    if (scan != null && (r.bodyBytes() > 0 || r.dialect().needsJsonBody())) {
      Refusal refusal = scan.finish();
      if (refusal != null) {
        refuse(r, refusal);
        return;
      }
      r.facts = scan.facts();
    }
    RoutePolicy policy = r.policy();
    Refusal refusal = HeadChecks.modelRefusal(policy, r.model());
    if (refusal != null) {
      refuse(r, refusal);
    } else {
      joinOrOpen(r, policy, r.dialect(), r.team());
    }
  }

  // 4 · Join or open: the journal and its cursor are there from now on, so keep-alive covers all
  //     waiting that follows.

  private void joinOrOpen(Request r, RoutePolicy policy, Dialect dialect, TeamId team) {
    r.phase = Phase.JOIN_OR_OPEN;
    IndexedCall<Object> call =
        rooms.calls().openAlone(new CallScope(team, 0), r.id, ImmediateEventExecutor.INSTANCE);
    reserve(open(r, call, policy, dialect, team));
  }

  private Exchange open(
      Request r, IndexedCall<Object> claim, RoutePolicy policy, Dialect dialect, TeamId team) {
    Form early = earlyForm(r, policy);
    Exchange x =
        new Exchange(r, claim, dialect, policy, team, asksForUsage(r, policy), early, this);
    r.exchange = x;
    live.add(x);
    x.bodyBytesHeld = r.bodyBytes();
    x.journal = new Journal(new Pacing(this, wheel, x), x.reader, wheel, rooms.random());
    x.cursor =
        x.journal.attach(
            r.port,
            policy.keepAlive(),
            dialect.keepAliveForm(),
            early == null ? null : Refusals.early(early, x.callId()));
    wheel.watch(x.deadlines, CallLimits.next(x, wheel.nanoTime()));
    return x;
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

  // 5 · Reserve: one decision about the call's tokens.

  private void reserve(Exchange x) {
    x.request.phase = Phase.RESERVE;
    x.askedNanos = wheel.nanoTime();
    Estimate estimate =
        rooms.estimator().before(x.request.bodyBytes(), x.request.facts.outputCap());
    rooms
        .admission()
        .ask(
            estimate,
            decision -> {
              switch (decision) {
                case Decision.Admitted(var tokens) -> {
                  x.reservation = tokens;
                  x.admittedNanos = wheel.nanoTime();
                  gate(x);
                }
              }
            });
  }

  // 6 · Gate: one writer for a prompt cache entry.

  private void gate(Exchange x) {
    x.request.phase = Phase.GATE;
    rooms
        .prefixes()
        .enter(
            turn -> {
              switch (turn) {
                case Turn.Go go -> forward(x);
              }
            });
  }

  // 7 · Forward: the body as it came, under the provider's key. What may have been received is
  // never
  //     sent twice; the upstream room replaces only connections that took nothing.

  private void forward(Exchange x) {
    Request r = x.request;
    r.phase = Phase.FORWARD;
    ByteBuf body = r.takeBody();
    RequestFacts.UsageAsk ask = r.facts.usageAsk();
    if (body == null) {
      body = Unpooled.EMPTY_BUFFER;
    } else if (x.asksForUsage && ask != null) {
      body = BodyEdit.askForUsage(body, ask);
    }
    boolean passesKey = x.policy.clients() == RoutePolicy.Clients.PASS_THROUGH;
    HttpHeaders headers = HeaderRules.forUpstream(r.headers, x.dialect.keyFields(), passesKey);
    String providerKey = x.policy.providerKey();
    if (providerKey != null) {
      x.dialect.putProviderKey(headers, providerKey);
    }
    String target = passesKey ? r.target : x.dialect.withoutClientKey(r.target);
    x.sentNanos = wheel.nanoTime();
    wheel.watch(x.deadlines, CallLimits.next(x, x.sentNanos));
    UpstreamStream stream =
        rooms
            .upstreams()
            .open(
                x.policy.provider(),
                new UpstreamRequest(r.method, target, headers, body),
                new ProviderAnswer(this, x));
    x.upstream = stream;
    if (x.isSettled) {
      stream.cancel(); // it failed on this stack
    }
  }

  // 8 · Stream back: provider → journal → cursor. Keep-alive, usage, backpressure and the end hang
  //     on the journal, not on a client.

  void answerBegins(Exchange x, int status, HttpHeaders fields, long contentLength) {
    x.request.phase = Phase.STREAM_BACK;
    x.providerStatus = status;
    x.firstByteNanos = wheel.nanoTime();
    giveBackBody(x);
    Form form = AnswerForm.of(fields);
    x.form = form;
    wheel.watch(x.deadlines, CallLimits.next(x, x.firstByteNanos));
    if (x.cursor().isCommitted() && (status != 200 || form != x.earlyForm)) {
      x.lateError = Unpooled.buffer();
      x.wasLate = true;
    } else {
      List<Map.Entry<String, String>> kept =
          HeaderRules.forClient(fields, x.callId(), form == Form.EVENTS);
      x.statusSent = status;
      x.journal().begin(new JournalHead(status, kept, form, contentLength));
    }
  }

  void answerBytes(Exchange x, ByteBuf bytes) {
    ByteBuf late = x.lateError;
    if (late != null) {
      LateError.keep(late, bytes);
    } else {
      x.journal().append(bytes);
    }
  }

  void answerEnds(Exchange x) {
    ByteBuf late = x.lateError;
    if (late != null) {
      Refusal refusal = LateError.of(x.providerStatus, late);
      endCommitted(x, refusal, true);
      settle(x, Outcome.PROVIDER_ERROR, refusal.code());
    } else if (x.form == Form.EVENTS && x.providerStatus == 200 && !x.reader.isComplete()) {
      fail(x, Failures.endedEarly(), Outcome.PROVIDER_FAILED);
    } else {
      x.journal().end(new Ending.Complete());
      settleWhole(x);
    }
  }

  /** No whole answer will come. Before commitment the client gets a status, after it an ending. */
  void fail(Exchange x, Refusal refusal, Outcome outcome) {
    stop(x);
    if (x.journal().isWhole()) {
      x.journal().end(new Ending.Complete()); // only the end of its body is missing
      settleWhole(x);
      return;
    }
    if (x.cursor().isCommitted()) {
      x.wasLate |= !x.journal().isBegun();
      endCommitted(x, refusal, false);
    } else {
      byte[] body = x.dialect.envelope(refusal, x.callId());
      x.statusSent = refusal.status();
      x.journal().begin(Refusals.head(refusal, x.callId(), body.length));
      x.journal().append(Unpooled.wrappedBuffer(body));
      x.journal().end(new Ending.Complete());
    }
    settle(x, outcome, refusal.code());
  }

  /** The status has gone out already: told in the stream's own form, where it has one. */
  private void endCommitted(Exchange x, Refusal refusal, boolean toldWhole) {
    if (x.formSent() != Form.EVENTS || x.reader.errorInBody() != null) {
      x.journal().end(new Ending.Cut(refusal.code(), null)); // no form for it, or told already
    } else {
      byte[] notice = x.dialect.streamError(refusal, x.callId(), x.journal().eventsPassed());
      x.journal()
          .end(
              toldWhole
                  ? new Ending.Failed(refusal.code(), notice)
                  : new Ending.Cut(refusal.code(), notice));
    }
  }

  @Override
  public void clientWritable(Request r) {
    Exchange x = r.exchange;
    if (x != null && !x.isSettled) {
      x.cursor().writabilityChanged();
    }
  }

  @Override
  public void clientGone(Request r, String why) {
    Exchange x = r.exchange;
    if (x == null) {
      if (!r.isOver()) {
        drop(r);
        rooms.record(Records.unopened(r, 0, Outcome.CLIENT_GONE, why, wheel.nanoTime()));
      }
    } else if (!x.isSettled) {
      rooms.idleLimits().record(r.port.pathClass(), x.cursor().silenceNanos());
      x.cursor().detach();
      if (x.form == Form.EVENTS && x.reader.isComplete()) {
        linger(x); // a close after the last event is no abort, and the usage may still come
      } else {
        stop(x);
        settle(x, Outcome.CLIENT_GONE, why);
      }
    }
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
    giveBackBody(x);
    if (x.lingerUntilNanos == 0) {
      wheel.forget(x.deadlines);
    }
    Settlement settlement = Settlement.of(x, rooms.estimator());
    if (x.reservation != null) {
      x.reservation.settle(settlement.usage());
    }
    rooms.calls().release(x.claim);
    rooms.record(Records.settled(x, endedIn, outcome, reason, settlement, wheel.nanoTime()));
    x.journal().close();
    ByteBuf late = x.lateError;
    if (late != null) {
      late.release();
    }
  }

  // Refusals of what never became a call.

  @Override
  public RequestEntry.Answer refusal(@Nullable String target, Refusal refusal) {
    String id = CallId.next(rooms.random()).text();
    Dialect nearest = rooms.routes().nearest(target);
    byte[] body = nearest.envelope(refusal, id);
    rooms.record(Records.unread(id, nearest, refusal, rooms.clock().millis()));
    return new RequestEntry.Answer(Refusals.head(refusal, id, body.length), body);
  }

  private void refuse(Request r, Refusal refusal) {
    drop(r);
    byte[] body = r.dialect().envelope(refusal, r.id.text());
    r.port.answer(Refusals.head(refusal, r.id.text(), body.length), body, false);
    rooms.record(
        Records.unopened(r, refusal.status(), Outcome.REFUSED, refusal.code(), wheel.nanoTime()));
  }

  private void drop(Request r) {
    r.markOver();
    ByteBuf body = r.takeBody();
    if (body != null) {
      body.release();
    }
    rooms.bodies().giveBack(r.bodyBytes());
  }

  private void giveBackBody(Exchange x) {
    ByteBuf unsent = x.request.takeBody();
    if (unsent != null) {
      unsent.release();
    }
    rooms.bodies().giveBack(x.bodyBytesHeld);
    x.bodyBytesHeld = 0;
  }

  // Deadlines and shutting down.

  /** One of the call's own limits may have passed; answers when to look again. */
  long deadline(Exchange x, long nowNanos) {
    if (x.isSettled || (x.lingerUntilNanos != 0 && nowNanos >= x.lingerUntilNanos)) {
      stop(x);
      settle(x, Outcome.COMPLETE, "complete");
      return SilenceWheel.NEVER;
    }
    Refusal passed = CallLimits.passed(x, nowNanos);
    if (passed != null) {
      fail(x, passed, Outcome.PROVIDER_FAILED);
      return SilenceWheel.NEVER;
    }
    return CallLimits.next(x, nowNanos);
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

  /** A bug while an answer was handled ends the call, not the loop. */
  void failByBug(Exchange x, RuntimeException bug) {
    LOG.error("call {} failed by a bug in phase {}", x.callId(), x.request.phase.label(), bug);
    if (!x.isSettled) {
      fail(x, Failures.gatewayBug(), Outcome.GATEWAY_FAILED);
    }
  }
}

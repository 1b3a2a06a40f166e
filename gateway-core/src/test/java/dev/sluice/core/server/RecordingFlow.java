package dev.sluice.core.server;

import dev.sluice.core.dialect.Refusal;
import dev.sluice.core.flow.ClientPort;
import dev.sluice.core.flow.RequestEntry;
import dev.sluice.sse.journal.JournalHead;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A flow that notes all it is told and answers as it is told. */
final class RecordingFlow implements RequestEntry<RecordingFlow.Call> {

  /** One request as the flow saw it. */
  static final class Call {
    final ClientPort port;
    final HttpRequest head;
    final StringBuilder body = new StringBuilder();
    final List<String> gone = new CopyOnWriteArrayList<>();
    final AtomicInteger pieces = new AtomicInteger();
    volatile boolean isWhole;
    final AtomicInteger writable = new AtomicInteger();
    final AtomicInteger resets = new AtomicInteger();

    Call(ClientPort port, HttpRequest head) {
      this.port = port;
      this.head = head;
    }

    void answer(String json) {
      port.answer(head(200, -1), json.getBytes(StandardCharsets.UTF_8), false);
    }
  }

  final List<Call> calls = new CopyOnWriteArrayList<>();
  final List<Refusal> refusals = new CopyOnWriteArrayList<>();
  final List<String> refusedTargets = new CopyOnWriteArrayList<>();
  volatile Consumer<Call> onAccept = call -> {};
  volatile Consumer<Call> onWhole =
      call -> call.answer("{\"uri\":\"" + call.head.uri() + "\",\"body\":\"" + call.body + "\"}");

  static JournalHead head(int status, long length) {
    return new JournalHead(
        status,
        List.of(Map.entry("content-type", "application/json")),
        JournalHead.Form.OPAQUE,
        length);
  }

  static JournalHead events() {
    return new JournalHead(
        200, List.of(Map.entry("content-type", "text/event-stream")), JournalHead.Form.EVENTS, -1);
  }

  Call last() {
    return calls.getLast();
  }

  @Override
  public Call accept(ClientPort port, HttpRequest head) {
    Call call = new Call(port, head);
    calls.add(call);
    onAccept.accept(call);
    return call;
  }

  @Override
  public void content(Call call, ByteBuf bytes) {
    call.pieces.incrementAndGet();
    call.body.append(bytes.toString(StandardCharsets.ISO_8859_1));
    bytes.release();
  }

  @Override
  public void whole(Call call) {
    call.isWhole = true;
    onWhole.accept(call);
  }

  @Override
  public void clientGone(Call call, String why) {
    call.gone.add(why);
  }

  @Override
  public void resetAfterAnswer(Call call) {
    call.resets.incrementAndGet();
  }

  @Override
  public void clientWritable(Call call) {
    call.writable.incrementAndGet();
  }

  @Override
  public Answer refusal(@Nullable String target, Refusal refusal) {
    refusals.add(refusal);
    refusedTargets.add(target == null ? "-" : target);
    return new Answer(
        head(refusal.status(), -1),
        ("{\"code\":\"" + refusal.code() + "\"}").getBytes(StandardCharsets.UTF_8));
  }
}

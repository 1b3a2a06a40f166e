package dev.sluice.admin.demo;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** Requests of one connection → playbacks, one after the other. */
final class ScriptedConnection extends SimpleChannelInboundHandler<HttpObject> {

  private static final byte[] NONE = {};

  private final ScriptedState state;
  private final Queue<Waiting> waiting = new ArrayDeque<>();
  private int number;
  private @Nullable HttpRequest head;
  private long headNanos;
  private byte[] body = NONE;
  private int bodyLength;
  private @Nullable Playback playing;
  private @Nullable ReceivedRequest answering;

  /**
   * A request that has not been looked at.
   *
   * @param arrivedNanos when its head came
   * @param wholeNanos when its last byte came
   */
  private record Waiting(ReceivedRequest request, long arrivedNanos, long wholeNanos) {}

  ScriptedConnection(ScriptedState state) {
    this.state = state;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    number = state.accepted.incrementAndGet();
    state.open.incrementAndGet();
    List<Step> steps = Plan.onAccept(state.script);
    if (!steps.isEmpty()) {
      play(new Playback(context, steps, "0", () -> {}, _ -> {}, _ -> over(context)));
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    state.open.decrementAndGet();
    Playback playback = playing;
    ReceivedRequest request = answering;
    if (playback != null && !playback.isOver()) {
      playback.peerGone();
      if (request != null) {
        request.ended().complete(ReceivedRequest.Outcome.PEER_GONE);
      }
    }
    for (Waiting unanswered : waiting) {
      unanswered.request().ended().complete(ReceivedRequest.Outcome.PEER_GONE);
    }
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
    if (message.decoderResult().isFailure()) {
      var _ = context.close();
      return;
    }
    if (message instanceof HttpRequest request) {
      head = request;
      headNanos = System.nanoTime();
      bodyLength = 0;
    }
    if (message instanceof HttpContent content) {
      append(content.content());
    }
    HttpRequest request = head;
    if (message instanceof LastHttpContent && request != null) {
      ReceivedRequest received =
          new ReceivedRequest(
              number,
              request.method().name(),
              request.uri(),
              request.headers(),
              Arrays.copyOf(body, bodyLength),
              new CompletableFuture<>());
      head = null;
      state.keep(received);
      waiting.add(new Waiting(received, headNanos, System.nanoTime()));
      answerNext(context);
    }
  }

  private void append(ByteBuf bytes) {
    int length = bytes.readableBytes();
    if (bodyLength + length > body.length) {
      body = Arrays.copyOf(body, Math.max(bodyLength + length, body.length * 2));
    }
    bytes.getBytes(bytes.readerIndex(), body, bodyLength, length);
    bodyLength += length;
  }

  private void answerNext(ChannelHandlerContext context) {
    if (playing != null) {
      return;
    }
    Waiting next = waiting.poll();
    if (next == null) {
      return;
    }
    ReceivedRequest request = next.request();
    answering = request;
    String path = request.target();
    int query = path.indexOf('?');
    path = query < 0 ? path : path.substring(0, query);
    Script script;
    try {
      script = script(request);
    } catch (IllegalArgumentException e) {
      Answer no = Answer.error(Answer.Api.OPENAI_OTHER, 400, String.valueOf(e.getMessage()));
      answer(context, request, Plan.of(Script.PLAIN, Answer.Api.OPENAI_OTHER, no), null, null);
      return;
    }
    Answer local = local(request.method(), path);
    if (local != null) {
      List<Step> steps = Plan.of(script, Answer.Api.OPENAI_OTHER, local);
      answer(context, request, steps, null, null);
      return;
    }
    Answer.Api api = api(path);
    if (script.cache() && hasCache(api)) {
      askCache(context, next, path, script);
    } else {
      call(context, request, path, script, null);
    }
  }

  private static boolean hasCache(Answer.Api api) {
    return switch (api) {
      case CHAT, RESPONSES, MESSAGES -> true;
      case EMBEDDINGS, OPENAI_OTHER, COUNT_TOKENS, GEMINI -> false;
    };
  }

  /**
   * Asks the cache as of the time when the request was whole. Not before the wait that every answer
   * has, so that reading a thousand long prompts does not hold up those that just arrive; and at
   * once where the peer leaves, since what was begun counts.
   */
  private void askCache(ChannelHandlerContext context, Waiting asked, String path, Script script) {
    Answer.Api api = api(path);
    List<Step> steps =
        script.read().isPositive()
            ? List.of(new Step.Wait(script.read().toNanos()))
            : List.of(new Step.Yield());
    play(
        new Playback(
            context,
            steps,
            "0",
            () -> {},
            _ -> {
              if (!context.channel().isActive()) {
                PromptCache.Visit visit = look(asked, api, script);
                if (visit != null) {
                  visit.line().over(System.nanoTime());
                }
              }
            },
            _ -> {
              PromptCache.Visit visit = look(asked, api, script);
              call(context, asked.request(), path, script.after(visit), visit);
            }));
  }

  private PromptCache.@Nullable Visit look(Waiting asked, Answer.Api api, Script script) {
    byte[] body = asked.request().body();
    String model = Ask.read(body).model();
    if (model == null || ScriptedState.isRefused(script)) {
      return null;
    }
    HttpHeaders headers = asked.request().headers();
    String key = headers.get("x-api-key");
    String bearer = headers.get("authorization");
    String id = headers.get("x-call");
    return state.cache.look(
        script,
        id == null ? "-" : id,
        key != null ? key : bearer != null ? bearer : "",
        model,
        CachePrompt.of(api, body),
        asked.arrivedNanos(),
        asked.wholeNanos());
  }

  /**
   * A call that costs money.
   *
   * @param visit to the prompt cache, if there was one
   */
  private void call(
      ChannelHandlerContext context,
      ReceivedRequest request,
      String path,
      Script script,
      PromptCache.@Nullable Visit visit) {
    Ask ask = Ask.read(request.body());
    Answer.Api api = api(path);
    String model = ask.model();
    boolean stream = ask.stream();
    if (api == Answer.Api.GEMINI) {
      int colon = path.lastIndexOf(':');
      model = path.substring(path.lastIndexOf('/') + 1, colon);
      stream = path.substring(colon + 1).equals("streamGenerateContent");
    } else if (model == null && api != Answer.Api.OPENAI_OTHER) {
      Answer no = Answer.error(api, 400, "The body names no model.");
      answer(context, request, Plan.of(Script.PLAIN, api, no), null, null);
      return;
    } else if (api != Answer.Api.CHAT
        && api != Answer.Api.RESPONSES
        && api != Answer.Api.MESSAGES) {
      stream = false;
    }
    String named = model == null ? "" : model;
    ScriptedState.Planned planned =
        state.plan(
            new ScriptedState.PlanKey(
                script,
                api,
                stream,
                named,
                ask.usage(),
                ask.base64(),
                request.body().length,
                script.echo() ? echo(request.body()) : ""));
    answer(context, request, planned.steps(), planned.bill(), visit);
  }

  private static String echo(byte[] body) {
    CRC32 crc = new CRC32();
    crc.update(body);
    return String.format("%08x ", crc.getValue());
  }

  private Script script(ReceivedRequest request) {
    String text = request.headers().get("x-script");
    if (text != null) {
      return state.parse(text);
    }
    Script queued = request.target().startsWith("/scripted/") ? null : state.queue.poll();
    return queued == null ? state.script : queued;
  }

  /** Answers that have nothing to do with a model. */
  private @Nullable Answer local(String method, String path) {
    if (path.equals("/scripted/invoice")) {
      return Answer.json(state.invoice.toJson());
    }
    if (path.equals("/scripted/cache")) {
      return Answer.text(state.cacheBook.text());
    }
    if (path.equals("/scripted/calls")) {
      return Answer.text(state.invoice.callsText());
    }
    if (method.equals("GET") && path.endsWith("/models")) {
      return Answer.json(
          "{\"object\":\"list\",\"data\":[{\"id\":\"scripted-1\",\"object\":\"model\",\"created\":"
              + "1795000000,\"owned_by\":\"sluice\"}],\"has_more\":false}");
    }
    if (method.equals("GET") && path.contains("/models/")) {
      return Answer.json(
          "{\"id\":"
              + Answer.quote(path.substring(path.lastIndexOf('/') + 1))
              + ",\"object\":\"model\",\"created\":1795000000,\"owned_by\":\"sluice\"}");
    }
    if (method.equals("POST") || path.startsWith("/v1/")) {
      return null;
    }
    return Answer.error(Answer.Api.OPENAI_OTHER, 404, "Nothing is at " + path + ".");
  }

  private static Answer.Api api(String path) {
    if (path.endsWith(":generateContent") || path.endsWith(":streamGenerateContent")) {
      return Answer.Api.GEMINI;
    }
    if (path.endsWith("/messages")) {
      return Answer.Api.MESSAGES;
    }
    if (path.endsWith("/messages/count_tokens")) {
      return Answer.Api.COUNT_TOKENS;
    }
    if (path.endsWith("/chat/completions")) {
      return Answer.Api.CHAT;
    }
    if (path.endsWith("/responses")) {
      return Answer.Api.RESPONSES;
    }
    return path.endsWith("/embeddings") ? Answer.Api.EMBEDDINGS : Answer.Api.OPENAI_OTHER;
  }

  private void answer(
      ChannelHandlerContext context,
      ReceivedRequest request,
      List<Step> steps,
      ScriptedState.@Nullable Bill bill,
      PromptCache.@Nullable Visit visit) {
    Playback playback =
        new Playback(
            context,
            steps,
            Long.toString(state.requests.get()),
            () -> {
              if (visit != null) {
                state.cache.begun(visit, System.nanoTime());
              }
            },
            played -> {
              if (visit != null) {
                visit.line().over(System.nanoTime());
              }
              if (bill != null) {
                bill(request, bill, bill.line(played.output(), !context.channel().isActive()));
              }
            },
            outcome -> {
              request.ended().complete(outcome);
              over(context);
            });
    play(playback);
  }

  private void bill(ReceivedRequest request, ScriptedState.Bill bill, Invoice.Line line) {
    state.invoice.add(bill.model(), bill.tier(), line);
    String id = request.headers().get("x-call");
    if (id != null) {
      state.invoice.keep(new Invoice.Call(id, bill.model(), bill.tier(), line));
    }
  }

  private void play(Playback playback) {
    playing = playback;
    playback.run();
  }

  private void over(ChannelHandlerContext context) {
    playing = null;
    // Not on the same stack: a hundred pipelined requests would be a hundred deep.
    context.executor().execute(() -> answerNext(context));
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    Playback playback = playing;
    if (playback != null && context.channel().isWritable()) {
      playback.run();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    // A peer's reset is part of many scripts; whatever it is, the connection is of no more use.
    var _ = context.close();
  }
}

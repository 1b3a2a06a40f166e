package dev.sluice.admin.demo;

import dev.sluice.admin.demo.Fault.Effect;
import dev.sluice.admin.demo.Fault.Point;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Turns a script and an answer into the bytes and waits that are played. Everything is decided
 * here, once; what remains for the event loop is to write arrays and to wait, so that thousands of
 * streams cost it little.
 */
final class Plan {

  private static final byte[] CRLF = {'\r', '\n'};
  private static final int HUGE_CHUNK = 64 * 1024;

  private final Script script;
  private final Answer answer;
  private final boolean stream;
  private final List<Step> steps = new ArrayList<>();
  private final @Nullable SplittableRandom cuts;

  private boolean chunked;
  private boolean closeDelimited;
  private int wrongLength;
  private String bomb = "";
  private long slowNanos;
  private int output;
  private boolean isOver;
  private boolean isCutShort;
  private @Nullable ByteArrayOutputStream zipped;
  private @Nullable GZIPOutputStream zipper;

  private Plan(Script script, Answer answer) {
    this.script = script;
    this.answer = answer;
    this.stream = answer.contentType().startsWith("text/event-stream");
    this.cuts = script.split() >= 0 ? new SplittableRandom(script.split()) : null;
  }

  static List<Step> of(Script script, Answer.Api api, Answer answer) {
    Answer played = answer;
    for (Fault fault : script.faults()) {
      if (fault.point() instanceof Point.Head
          && fault.effect() instanceof Effect.Status(int code)) {
        played = Answer.error(api, code, "The script says " + code + ".");
      }
    }
    return new Plan(script, played).make();
  }

  /** Steps of the faults at the accept point; empty if there are none. */
  static List<Step> onAccept(Script script) {
    Plan plan = new Plan(script, Answer.json(""));
    plan.at(new Point.Accept());
    return List.copyOf(plan.steps);
  }

  private List<Step> make() {
    pause(script.first());
    at(new Point.Head());
    if (isOver) {
      return List.copyOf(steps);
    }
    byte[] json = stream ? new byte[0] : bodyOfJson();
    head(json.length);
    at(new Point.Body());
    at(new Point.Between(0));
    if (stream) {
      events();
    } else if (!isOver) {
      part(json, 0);
    }
    if (!isOver) {
      at(new Point.End());
    }
    if (!isOver) {
      endOfBody();
    }
    return List.copyOf(steps);
  }

  private byte[] bodyOfJson() {
    byte[] body = ascii(answer.parts().getFirst());
    return zipper == null ? body : zip(body, true);
  }

  private void head(int jsonBytes) {
    closeDelimited = script.framing() == Script.Framing.CLOSE;
    chunked = !closeDelimited && (stream || script.framing() == Script.Framing.CHUNKED);
    StringBuilder head = new StringBuilder("HTTP/1.1 ").append(answer.status()).append(" Scripted");
    head.append("\r\nContent-Type: ").append(answer.contentType());
    if (chunked) {
      head.append("\r\nTransfer-Encoding: chunked");
    } else if (!closeDelimited) {
      head.append("\r\nContent-Length: ").append(jsonBytes + wrongLength);
    } else {
      head.append("\r\nConnection: close");
    }
    if (zipper != null) {
      head.append("\r\nContent-Encoding: gzip");
    }
    if (stream) {
      head.append("\r\nCache-Control: no-cache");
    }
    head.append(bomb);
    for (String field : script.headers()) {
      head.append("\r\n").append(field);
    }
    head.append("\r\nx-request-id: req_");
    // Both names: OpenAI's SDKs show the one, Anthropic's the other.
    steps.add(new Step.Head(ascii(head.toString()), ascii("\r\n\r\n")));
    if (stream) {
      steps.add(new Step.Flush());
    }
  }

  private void events() {
    boolean withoutMarker = has(new Effect.NoEndMarker());
    boolean usageTwice = has(new Effect.DuplicateUsage());
    int last = withoutMarker ? answer.markerFrom() : answer.parts().size();
    for (int i = 0; i < last && !isOver && !isCutShort; i++) {
      pause(script.gaps().getOrDefault(i + 1, i == 0 ? Duration.ZERO : script.pace()));
      byte[] event = ascii(answer.parts().get(i));
      part(event, i);
      if (!isOver && usageTwice && i == answer.usageAt()) {
        part(event, i);
      }
      // The last event and the end of the body leave together, as from a provider that is done.
      if (i < last - 1 && (i + 1) % script.burst() == 0) {
        steps.add(new Step.Flush());
      }
    }
  }

  private boolean has(Effect effect) {
    return script.faults().stream().anyMatch(fault -> fault.effect().equals(effect));
  }

  /** One event or JSON body, with the faults inside and behind it. */
  private void part(byte[] bytes, int index) {
    Point inside = new Point.Inside(index + 1);
    if (script.faults().stream().anyMatch(fault -> fault.point().equals(inside))) {
      int half = bytes.length / 2;
      body(java.util.Arrays.copyOf(bytes, half));
      at(inside);
      if (isOver || isCutShort) {
        return;
      }
      body(java.util.Arrays.copyOfRange(bytes, half, bytes.length));
    } else {
      body(bytes);
    }
    output = answer.output()[index];
    steps.add(new Step.Write(new byte[0], output));
    at(new Point.Between(index + 1));
  }

  private void at(Point point) {
    for (Fault fault : script.faults()) {
      if (!isOver && fault.point().equals(point)) {
        play(fault.effect());
      }
    }
  }

  private void play(Effect effect) {
    switch (effect) {
      case Effect.Reset() -> over(new Step.Reset());
      case Effect.Close() -> over(new Step.Close());
      case Effect.Silence(Duration duration) -> pause(duration);
      case Effect.Garbage() -> {
        steps.add(new Step.Write(ascii("\u0001\u0002 zz garbage\r\n\r\n"), output));
        over(new Step.Hang());
      }
      case Effect.WrongLength(int by) -> wrongLength = by;
      case Effect.StreamError() -> {
        body(ascii(answer.streamError()));
        isCutShort = true;
      }
      case Effect.Slow(Duration perByte) -> slowNanos = perByte.toNanos();
      case Effect.Gzip() -> startZip();
      case Effect.Interim(int count) ->
          steps.add(new Step.Repeat(ascii("HTTP/1.1 102 Processing\r\n\r\n"), count));
      case Effect.HeaderBomb(int bytes) -> bomb = bomb(bytes);
      case Effect.HugeEvent(int bytes) -> huge(bytes);
      case Effect.Extra(String text) -> {
        body(text.getBytes(StandardCharsets.ISO_8859_1));
        steps.add(new Step.Flush());
      }
      case Effect.Raw(String text) -> {
        steps.add(new Step.Write(text.getBytes(StandardCharsets.ISO_8859_1), output));
        steps.add(new Step.Flush());
      }
      case Effect.Status(int _),
          Effect.NoEndMarker(),
          Effect.DuplicateUsage(),
          Effect.Trailers() -> {
        // Read where the part of the answer is made that they change.
      }
    }
  }

  private void over(Step last) {
    steps.add(new Step.Settle());
    steps.add(new Step.Flush());
    steps.add(last);
    isOver = true;
  }

  private void endOfBody() {
    if (zipper != null && stream) {
      frame(zip(new byte[0], true));
    }
    if (chunked) {
      String trailers =
          has(new Effect.Trailers())
              ? "X-Trailer: one\r\nContent-Length: 0\r\nTransfer-Encoding: gzip\r\n"
              : "";
      steps.add(new Step.Write(ascii("0\r\n" + trailers + "\r\n"), output));
    }
    steps.add(new Step.Settle());
    steps.add(new Step.Flush());
    if (closeDelimited) {
      steps.add(new Step.Close());
    }
  }

  private void pause(Duration duration) {
    if (duration.isPositive()) {
      steps.add(new Step.Wait(duration.toNanos()));
    }
  }

  /** Bytes of the body, before coding, cutting and framing. */
  private void body(byte[] bytes) {
    if (bytes.length > 0) {
      frame(zipper != null && stream ? zip(bytes, false) : bytes);
    }
  }

  private void frame(byte[] bytes) {
    boolean bytewise = slowNanos > 0 || script.split() == Script.EVERY_BYTE;
    if (!bytewise && cuts == null) {
      wire(bytes);
      return;
    }
    for (int from = 0; from < bytes.length; ) {
      int length =
          bytewise || cuts == null ? 1 : Math.min(bytes.length - from, cuts.nextInt(1, 65));
      wire(java.util.Arrays.copyOfRange(bytes, from, from + length));
      steps.add(slowNanos > 0 ? new Step.Wait(slowNanos) : new Step.Yield());
      from += length;
    }
  }

  private void wire(byte[] bytes) {
    steps.add(new Step.Write(chunked ? chunk(bytes) : bytes, output));
  }

  private static byte[] chunk(byte[] bytes) {
    byte[] size = ascii(Integer.toHexString(bytes.length));
    byte[] wire = new byte[size.length + bytes.length + 4];
    System.arraycopy(size, 0, wire, 0, size.length);
    System.arraycopy(CRLF, 0, wire, size.length, 2);
    System.arraycopy(bytes, 0, wire, size.length + 2, bytes.length);
    System.arraycopy(CRLF, 0, wire, wire.length - 2, 2);
    return wire;
  }

  private void huge(int bytes) {
    body(ascii("data: {\"x\":\""));
    byte[] filler = ascii("x".repeat(HUGE_CHUNK));
    steps.add(new Step.Repeat(chunked ? chunk(filler) : filler, bytes / HUGE_CHUNK));
    body(ascii("x".repeat(bytes % HUGE_CHUNK) + "\"}\n\n"));
    steps.add(new Step.Flush());
  }

  private static String bomb(int bytes) {
    StringBuilder fields = new StringBuilder();
    for (int i = 0; fields.length() < bytes; i++) {
      fields.append("\r\nX-Bomb-").append(i).append(": ").append("b".repeat(Math.min(bytes, 900)));
    }
    return fields.toString();
  }

  private void startZip() {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      zipped = out;
      zipper = new GZIPOutputStream(out, true);
    } catch (IOException e) {
      throw new UncheckedIOException("a byte array refuses bytes", e);
    }
  }

  private byte[] zip(byte[] bytes, boolean isLast) {
    ByteArrayOutputStream out = java.util.Objects.requireNonNull(zipped);
    GZIPOutputStream gzip = java.util.Objects.requireNonNull(zipper);
    try {
      gzip.write(bytes);
      if (isLast) {
        gzip.finish();
      } else {
        gzip.flush();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("a byte array refuses bytes", e);
    }
    byte[] result = out.toByteArray();
    out.reset();
    return result;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}

package dev.sluice.core.dialect;

import dev.sluice.core.dialect.RequestFacts.UsageAsk;
import dev.sluice.core.dialect.RequestFacts.UsageAsk.State;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Bounded streaming JSON scan of one request body, fed as bytes arrive. No tree. Confined to one
 * loop; one per request.
 *
 * <p>It refuses what two parsers could read differently, because what the gateway decides by must
 * be what the provider reads: significant members that stand twice (whatever their escapes), bytes
 * that are no UTF-8, anything around the one JSON text. Messages name the byte and what was
 * expected there, never content.
 */
public final class RequestScan {

  /** Deepest nesting of objects and arrays. */
  public static final int DEPTH_MAX = 1_000;

  /** 2^53, beyond which JSON numbers are read differently. */
  private static final long CAP_MAX = 1L << 53;

  private final RequestFields fields;
  private final JsonMachine machine;

  private @Nullable Refusal refusal;
  private boolean isObject;
  private long seen;
  private @Nullable String model;
  private boolean stream;
  private long cap = -1;
  private long capFirst = -1;
  private State usageState = State.ABSENT;
  private long usageAt;
  private int usageLength;
  private final @Nullable PromptScan prompt;

  RequestScan(RequestFields fields) {
    this(fields, DEPTH_MAX);
  }

  RequestScan(RequestFields fields, int depthMax) {
    this.fields = fields;
    machine = new JsonMachine(fields.root, new Members(), true, depthMax);
    prompt = fields.prompt == null ? null : new PromptScan(fields.prompt, machine);
  }

  /**
   * Looks at the next bytes of the body; indices do not change.
   *
   * @return what is wrong with the body, or null so far; after a refusal further bytes are ignored
   */
  public @Nullable Refusal scan(ByteBuf bytes) {
    if (refusal == null) {
      machine.scan(bytes, bytes.readerIndex(), bytes.writerIndex());
      var fault = machine.fault();
      if (refusal == null && fault != null) {
        refusal = refusal(fault);
      }
    }
    return refusal;
  }

  /** The body is whole: what is wrong with it (truncated, empty), or null. */
  public @Nullable Refusal finish() {
    if (refusal != null) {
      return refusal;
    }
    if (machine.consumed() == 0) {
      if (fields.mustBeObject) {
        refusal =
            Refusal.invalid(
                "body_empty", "The body is empty; a JSON object is expected. Send one.");
      }
      return refusal;
    }
    var fault = machine.truncated();
    if (fault != null) {
      refusal = refusal(fault);
    }
    return refusal;
  }

  /** What was found; meaningful after {@link #finish} returned null. To be asked once. */
  public RequestFacts facts() {
    // Only a stream has a usage event; asking without one is an error with some providers.
    var ask =
        fields == RequestFields.CHAT && stream
            ? new UsageAsk(usageState, usageAt, usageLength)
            : null;
    return new RequestFacts(
        model,
        stream,
        capFirst >= 0 ? capFirst : cap,
        ask,
        machine.consumed(),
        prompt == null ? null : prompt.layout());
  }

  private static Refusal refusal(JsonMachine.Fault fault) {
    return Refusal.invalid(
        fault.code(),
        "The body is not valid JSON at byte "
            + fault.at()
            + ": "
            + fault.problem()
            + ". Send one JSON text in UTF-8.");
  }

  /** Reads the watched members; a member of the wrong type ends the scan. */
  private final class Members implements JsonMachine.Listener {

    @Override
    public void begins(Watch watch, byte first, long at) {
      if (watch == fields.root && usageAt == 0) {
        root(first, at);
      }
      if (!isObject) {
        // the elements of an array are nobody's members
        return;
      }
      if (first == '{') {
        seen &= ~watch.memberBits;
      }
      switch (watch.slot) {
        case RequestFields.OPTIONS -> {
          if (once(watch, at)) {
            options(first, at);
          }
        }
        case RequestFields.ROOT -> {}
        case RequestFields.CONFIG -> {
          if (once(watch, at) && first != '{' && first != 'n') {
            wrongType(watch, at, "an object");
          }
        }
        default -> {
          if ((machine.isElement() || once(watch, at))
              && prompt != null
              && watch.slot >= RequestFields.PROMPT) {
            prompt.begins(watch, first);
          }
        }
      }
    }

    @Override
    public void ends(Watch watch, long start, long end, boolean isEmpty, byte[] raw, int length) {
      if (!isObject) {
        return;
      }
      switch (watch.slot) {
        case RequestFields.MODEL -> model(watch, start, raw, length);
        case RequestFields.STREAM -> {
          switch (length > 0 ? raw[0] : 0) {
            case 't' -> stream = true;
            case 'f', 'n' -> stream = false;
            default -> wrongType(watch, start, "true, false or null");
          }
        }
        case RequestFields.CAP -> cap = cap(watch, start, raw, length);
        case RequestFields.CAP_FIRST -> capFirst = cap(watch, start, raw, length);
        case RequestFields.OPTIONS -> {
          if (isEmpty) {
            usageState = State.EMPTY;
          }
        }
        case RequestFields.INCLUDE_USAGE -> includeUsage(watch, start, end, raw, length);
        default -> {
          if (prompt != null && watch.slot >= RequestFields.PROMPT) {
            prompt.ends(watch, end, raw, length);
          }
        }
      }
    }

    private void root(byte first, long at) {
      usageAt = at + 1;
      isObject = first == '{';
      if (!isObject && fields.mustBeObject) {
        refuse(
            "not_an_object",
            "The body at byte " + at + " is not a JSON object. Send one JSON object.");
      }
    }

    private boolean once(Watch watch, long at) {
      var bit = 1L << watch.slot;
      if ((seen & bit) != 0) {
        refuse(
            "duplicate_key",
            "The member \""
                + watch.name
                + "\" stands twice in one object, again at byte "
                + at
                + ". Send it once.");
        return false;
      }
      seen |= bit;
      return true;
    }

    private void model(Watch watch, long start, byte[] raw, int length) {
      var text = length < 0 ? null : JsonText.string(raw, length);
      if (text == null || text.isEmpty() || isTooLong(text)) {
        wrongType(watch, start, "a string of 1 to " + RequestFields.MODEL_BYTES_MAX + " bytes");
      } else {
        model = text;
      }
    }

    private static boolean isTooLong(String text) {
      return text.length() > RequestFields.MODEL_BYTES_MAX
          || JsonText.utf8(text).length > RequestFields.MODEL_BYTES_MAX;
    }

    private long cap(Watch watch, long start, byte[] raw, int length) {
      if (length == 4 && raw[0] == 'n') {
        return -1;
      }
      // protobuf's JSON form lets an integer stand in quotes
      var quotes = fields == RequestFields.GEMINI && length > 2 && raw[0] == '"' ? 1 : 0;
      var value = digits(raw, quotes, length - quotes);
      if (value < 0) {
        wrongType(watch, start, "an integer from 0 to 2^53, or null");
      }
      return value;
    }

    private static long digits(byte[] raw, int from, int to) {
      if (to - from == 2 && raw[from] == '-' && raw[from + 1] == '0') {
        return 0;
      }
      if (to <= from || to - from > 16) {
        return -1;
      }
      var value = 0L;
      for (var i = from; i < to; i++) {
        if (raw[i] < '0' || raw[i] > '9') {
          return -1;
        }
        value = value * 10 + (raw[i] - '0');
      }
      return value <= CAP_MAX ? value : -1;
    }

    private void options(byte first, long at) {
      switch (first) {
        case '{' -> usage(State.NO_MEMBER, at + 1, 0);
        case 'n' -> usage(State.NULL, at, 4);
        default ->
            refuse(
                "wrong_type",
                "The member \"stream_options\" at byte " + at + " must be an object or null.");
      }
    }

    private void includeUsage(Watch watch, long start, long end, byte[] raw, int length) {
      switch (length > 0 ? raw[0] : 0) {
        case 't' -> usage(State.ASKED, start, 0);
        case 'f', 'n' -> usage(State.OFF, start, (int) (end - start));
        default -> wrongType(watch, start, "true, false or null");
      }
    }

    private void usage(State state, long at, int length) {
      usageState = state;
      usageAt = at;
      usageLength = length;
    }

    private void wrongType(Watch watch, long at, String allowed) {
      refuse(
          "wrong_type",
          "The member \"" + watch.name + "\" at byte " + at + " must be " + allowed + ".");
    }

    private void refuse(String code, String message) {
      if (refusal == null) {
        refusal = Refusal.invalid(code, message);
      }
      machine.stop();
    }
  }
}

package dev.sluice.core.dialect;

import io.netty.buffer.ByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An incremental JSON reader (RFC 8259): a state machine over bytes as they arrive. It builds
 * nothing. It checks the text, and tells a listener where the watched members stand and what they
 * hold.
 *
 * <p><b>The picture.</b> Between two calls the machine is a few numbers: a state, a depth, one bit
 * per open container (object or array), and, for the innermost watched containers, which {@link
 * Watch} each of them is. Watched containers are a prefix of the open ones: nothing below an
 * unwatched container can be watched. So at depth &gt; {@code watchDepth} keys are skipped like any
 * other string, and a prompt of a megabyte costs one pass in steps of eight bytes.
 *
 * <p><b>Invariants.</b> Each byte is looked at once (a key or a watched value is copied once more,
 * up to its bound). Memory: one bit per level up to {@code depthMax}, the longest watched name, the
 * largest {@code rawMax}. A split of the bytes changes nothing that the listener hears.
 *
 * <p><b>Strict or lenient.</b> Strict is for clients: UTF-8 is validated (no over-long forms,
 * surrogates, or code points beyond U+10FFFF), control characters and lone surrogate escapes are
 * refused. Providers are read leniently: their strings are skipped as they are.
 *
 * <p>Confined to one loop. The bytes are only looked at.
 */
final class JsonMachine {

  /** Hears of watched members, in the order of the text. */
  interface Listener {

    /** The first byte of the value of a watched member, or of an element of its array. */
    void begins(Watch watch, byte first, long at);

    /**
     * A watched value is whole, or a watched container (or element that is one) has closed. A
     * scalar where members are watched is told only of a {@link Watch#scalarsToo}.
     *
     * @param start offset of its first byte
     * @param end offset after its last byte
     * @param isEmpty for a container: whether nothing stood in it
     * @param raw the value as written, for a {@link Watch#isValue value}; belongs to the machine
     * @param length bytes of {@code raw}, or -1 where the value is longer than its bound
     */
    void ends(Watch watch, long start, long end, boolean isEmpty, byte[] raw, int length);
  }

  /** A number longer than this is no number that anybody meant; parsers differ in what they do. */
  static final int NUMBER_MAX = 1_000;

  private static final int VALUE = 0;
  private static final int FIRST_ELEMENT = 1;
  private static final int FIRST_KEY = 2;
  private static final int KEY = 3;
  private static final int COLON = 4;
  private static final int AFTER_VALUE = 5;
  private static final int STRING = 6;
  private static final int UTF8_REST = 7;
  private static final int ESCAPE = 8;
  private static final int HEX = 9;
  private static final int LOW_BACKSLASH = 10;
  private static final int LOW_U = 11;
  private static final int MINUS = 12;
  private static final int ZERO = 13;
  private static final int INTEGER = 14;
  private static final int POINT = 15;
  private static final int FRACTION = 16;
  private static final int EXPONENT_MARK = 17;
  private static final int EXPONENT_SIGN = 18;
  private static final int EXPONENT = 19;
  private static final int LITERAL = 20;
  private static final int DONE = 21;

  private static final byte[] TRUE = {'t', 'r', 'u', 'e'};
  private static final byte[] FALSE = {'f', 'a', 'l', 's', 'e'};
  private static final byte[] NULL = {'n', 'u', 'l', 'l'};
  private static final byte[] EMPTY = {};

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;

  private final Watch root;
  private final Listener listener;
  private final boolean strict;
  private final int depthMax;

  private int state;
  private boolean stopped;
  private long consumed;
  private @Nullable Fault fault;

  private int depth;
  private long[] objects = new long[1];
  private int watchDepth;
  private Watch[] watches = new Watch[4];
  private long[] starts = new long[4];

  /** For each watched container, where its second key begins; 0 while there is none. */
  private long[] secondKeys = new long[4];

  private long commaAt;
  private long keyAt;

  /** What the next value is, if it is watched. */
  private @Nullable Watch next;

  private boolean inKey;
  private boolean keyWatched;
  private boolean keyEscaped;
  private byte[] key = EMPTY;
  private int keyLength;

  private @Nullable Watch value;
  private int valueDepth;
  private long valueStart;
  private byte[] raw = EMPTY;
  private int rawLength;

  /** Index in the current bytes from which a key or a value has not been copied yet. */
  private int copyFrom;

  private byte[] literal = EMPTY;
  private int literalAt;
  private int numberLength;
  private int hexLeft;
  private int hexValue;
  private boolean hexIsLow;
  private int utf8Left;
  private int utf8Low;
  private int utf8High;

  JsonMachine(Watch root, Listener listener, boolean strict, int depthMax) {
    this.root = root;
    this.listener = listener;
    this.strict = strict;
    this.depthMax = depthMax;
    next = root;
  }

  /** Ready for another text. */
  void reset() {
    state = VALUE;
    stopped = false;
    consumed = 0;
    fault = null;
    depth = 0;
    watchDepth = 0;
    next = root;
    inKey = false;
    keyWatched = false;
    value = null;
  }

  /**
   * What is wrong with a text.
   *
   * @param code stable, for a refusal
   * @param problem what was found or expected there, without content
   * @param at byte offset
   */
  record Fault(String code, String problem, long at) {}

  @Nullable Fault fault() {
    return fault;
  }

  /** Bytes seen. */
  long consumed() {
    return consumed;
  }

  /**
   * How many containers are open around a value that begins or ends; for a listener, during its
   * call.
   */
  int depth() {
    return depth;
  }

  /** Whether a value that begins is an element of an array; for a listener, during its call. */
  boolean isElement() {
    return depth > 0 && !isObject();
  }

  /** Offset of the opening quote of a member whose value begins; for a listener of that member. */
  long keyAt() {
    return keyAt;
  }

  /** Offset of the comma before that quote; -1 where the member is the first of its object. */
  long commaAt() {
    return commaAt;
  }

  /** Offset of the second key of a watched object that has closed; 0 where there is none. */
  long secondKeyAt() {
    return secondKeys[watchDepth];
  }

  /** Hears no more; for a listener that knows enough. */
  void stop() {
    stopped = true;
  }

  /**
   * Whether a complete text was seen. A bare number may be complete without the machine knowing.
   */
  boolean isComplete() {
    return fault == null && (state == DONE || (depth == 0 && isNumberEnd(state)));
  }

  /** What is missing, at the end of the bytes. */
  @Nullable Fault truncated() {
    if (fault == null && !isComplete()) {
      return new Fault("invalid_json", "the text ends early: " + expected(), consumed);
    }
    return fault;
  }

  /** The next bytes of the text; after a fault they are only counted. */
  void scan(ByteBuf bytes, int from, int to) {
    if (isDeaf()) {
      consumed += to - from;
      return;
    }
    var piece = Scratch.piece();
    for (var i = from; i < to; ) {
      var length = Math.min(to - i, piece.length);
      bytes.getBytes(i, piece, 0, length);
      scan(piece, 0, length);
      i += length;
    }
  }

  /** The next bytes of the text; after a fault they are only counted. */
  void scan(byte[] bytes, int from, int to) {
    if (!isDeaf()) {
      copyFrom = from;
      run(bytes, from, to);
      if (!isDeaf()) {
        keepOpen(bytes, to);
      }
    }
    consumed += to - from;
  }

  private boolean isDeaf() {
    return stopped || fault != null;
  }

  private void run(byte[] b, int from, int to) {
    var base = consumed - from;
    var i = from;
    while (i < to) {
      switch (state) {
        case STRING -> i = string(b, i, to, base);
        case VALUE, FIRST_ELEMENT, FIRST_KEY, KEY, COLON, AFTER_VALUE, DONE -> {
          var c = b[i];
          if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
            i++;
          } else {
            i = token(b, i, c, base);
          }
        }
        case MINUS, ZERO, INTEGER, POINT, FRACTION, EXPONENT_MARK, EXPONENT_SIGN, EXPONENT ->
            i = number(b, i, to, base);
        case LITERAL -> i = literal(b, i, to, base);
        case ESCAPE -> i = escape(b[i], i, base);
        case HEX -> i = hex(b[i], i, base);
        case UTF8_REST -> i = utf8Rest(b[i], i, base);
        case LOW_BACKSLASH -> {
          if (b[i] != '\\') {
            i = fail("invalid_json", LONE_SURROGATE, base + i);
          } else {
            i++;
            state = LOW_U;
          }
        }
        default -> {
          assert state == LOW_U;
          if (b[i] != 'u') {
            i = fail("invalid_json", LONE_SURROGATE, base + i);
          } else {
            i++;
            hexIsLow = true;
            startHex();
          }
        }
      }
      if (i < 0 || stopped) {
        return;
      }
    }
  }

  private static final String LONE_SURROGATE =
      "a surrogate escape stands alone; write a pair of them, or the character itself";

  private int fail(String code, String problem, long at) {
    fault = new Fault(code, problem, at);
    return -1;
  }

  // ---- between tokens ----

  private int token(byte[] b, int i, byte c, long base) {
    switch (state) {
      case FIRST_KEY, KEY -> {
        if (c == '"') {
          inKey = true;
          keyWatched = depth == watchDepth;
          if (keyWatched) {
            // Elsewhere a value may be being kept, from another place.
            keyEscaped = false;
            keyLength = 0;
            copyFrom = i + 1;
            keyStarts(base + i);
          }
          state = STRING;
          return i + 1;
        }
        if (c == '}' && state == FIRST_KEY) {
          return close(b, i, true, base);
        }
      }
      case COLON -> {
        if (c == ':') {
          state = VALUE;
          return i + 1;
        }
      }
      case AFTER_VALUE -> {
        var inObject = isObject();
        if (c == ',') {
          state = inObject ? KEY : VALUE;
          if (depth == watchDepth) {
            if (inObject) {
              commaAt = base + i;
            } else {
              next = watches[depth - 1];
            }
          }
          return i + 1;
        }
        if (c == (inObject ? '}' : ']')) {
          return close(b, i, false, base);
        }
      }
      case FIRST_ELEMENT -> {
        if (c == ']') {
          next = null;
          return close(b, i, true, base);
        }
        return value(b, i, c, base);
      }
      case VALUE -> {
        return value(b, i, c, base);
      }
      default -> {
        // DONE: whatever it is, it is too much
      }
    }
    return fail("invalid_json", expected(), base + i);
  }

  private void keyStarts(long at) {
    keyAt = at;
    if (state == FIRST_KEY) {
      commaAt = -1;
    } else if (secondKeys[watchDepth - 1] == 0) {
      secondKeys[watchDepth - 1] = at;
    }
  }

  private int value(byte[] b, int i, byte c, long base) {
    switch (c) {
      case '"' -> {
        inKey = false;
        state = STRING;
      }
      case '{', '[' -> {
        if (depth >= depthMax) {
          return fail("json_too_deep", "containers are nested deeper than " + depthMax, base + i);
        }
        return open(i, c, base);
      }
      case '-' -> {
        state = MINUS;
        numberLength = 1;
      }
      case '0' -> {
        state = ZERO;
        numberLength = 1;
      }
      case '1', '2', '3', '4', '5', '6', '7', '8', '9' -> {
        state = INTEGER;
        numberLength = 1;
      }
      case 't' -> startLiteral(TRUE);
      case 'f' -> startLiteral(FALSE);
      case 'n' -> startLiteral(NULL);
      default -> {
        return b[i] == (byte) 0xEF && base + i == 0
            ? fail("invalid_json", "a byte order mark; JSON is sent without one", 0)
            : fail("invalid_json", expected(), base + i);
      }
    }
    announce(i, c, base);
    return i + 1;
  }

  private void startLiteral(byte[] word) {
    literal = word;
    literalAt = 1;
    state = LITERAL;
  }

  private void announce(int i, byte first, long base) {
    var watch = next;
    if (watch == null) {
      return;
    }
    next = null;
    listener.begins(watch, first, base + i);
    if (value == null && (watch.isValue() || (watch.scalarsToo && first != '{' && first != '['))) {
      value = watch;
      valueDepth = depth;
      valueStart = base + i;
      rawLength = 0;
      copyFrom = i;
    }
  }

  private int open(int i, byte c, long base) {
    var watch = next;
    announce(i, c, base);
    if (watch != null && !watch.isValue()) {
      if (watchDepth == watches.length) {
        watches = Arrays.copyOf(watches, watchDepth * 2);
        starts = Arrays.copyOf(starts, watchDepth * 2);
        secondKeys = Arrays.copyOf(secondKeys, watchDepth * 2);
      }
      watches[watchDepth] = watch;
      starts[watchDepth] = base + i;
      secondKeys[watchDepth] = 0;
      watchDepth++;
      next = c == '[' ? watch : null;
    }
    var word = depth >>> 6;
    if (word == objects.length) {
      objects = Arrays.copyOf(objects, word * 2);
    }
    if (c == '{') {
      objects[word] |= 1L << depth;
      state = FIRST_KEY;
    } else {
      objects[word] &= ~(1L << depth);
      state = FIRST_ELEMENT;
    }
    depth++;
    return i + 1;
  }

  private int close(byte[] b, int i, boolean isEmpty, long base) {
    var wasWatched = depth == watchDepth;
    depth--;
    if (wasWatched) {
      watchDepth--;
      listener.ends(watches[watchDepth], starts[watchDepth], base + i + 1, isEmpty, EMPTY, 0);
    }
    valueEnds(b, i + 1, base);
    return i + 1;
  }

  private boolean isObject() {
    return (objects[(depth - 1) >>> 6] & 1L << (depth - 1)) != 0;
  }

  /** A value ended before index {@code end}. */
  private void valueEnds(byte[] b, int end, long base) {
    state = depth == 0 ? DONE : AFTER_VALUE;
    var watch = value;
    if (watch != null && valueDepth == depth) {
      keepValue(b, end, watch);
      value = null;
      listener.ends(watch, valueStart, base + end, false, raw, rawLength);
    }
  }

  // ---- copies of watched keys and values ----

  private void keepOpen(byte[] b, int to) {
    if (value != null) {
      keepValue(b, to, value);
    } else if (inKey && keyWatched && isInString()) {
      keepKey(b, to);
    }
  }

  private boolean isInString() {
    return state >= STRING && state <= LOW_U;
  }

  private void keepValue(byte[] b, int to, Watch watch) {
    var length = to - copyFrom;
    if (rawLength < 0 || length == 0) {
      return;
    }
    if (length > watch.rawMax - rawLength) {
      rawLength = -1;
      return;
    }
    raw = room(raw, rawLength, rawLength + length, watch.rawMax);
    System.arraycopy(b, copyFrom, raw, rawLength, length);
    rawLength += length;
  }

  private void keepKey(byte[] b, int to) {
    var length = to - copyFrom;
    // An escape is at most six bytes for one byte of a name.
    var max = 6 * watches[depth - 1].longestName();
    if (keyLength < 0 || length == 0) {
      return;
    }
    if (length > max - keyLength) {
      keyLength = -1;
      return;
    }
    key = room(key, keyLength, keyLength + length, max);
    System.arraycopy(b, copyFrom, key, keyLength, length);
    keyLength += length;
  }

  private static byte[] room(byte[] bytes, int used, int needed, int max) {
    if (needed <= bytes.length) {
      return bytes;
    }
    var grown = new byte[Math.max(needed, Math.min(max, Math.max(32, 2 * bytes.length)))];
    System.arraycopy(bytes, 0, grown, 0, used);
    return grown;
  }

  private void keyEnds(byte[] b, int end) {
    state = COLON;
    next = null;
    if (keyWatched && keyLength == 0 && !keyEscaped) {
      // It is whole and plain, nearly always: no copy.
      next = watches[depth - 1].find(b, copyFrom, end - copyFrom);
    } else if (keyWatched) {
      keepKey(b, end);
      if (keyLength >= 0) {
        var length = keyEscaped ? JsonText.unescape(key, 0, keyLength) : keyLength;
        next = watches[depth - 1].find(key, 0, length);
      }
    }
  }

  // ---- strings ----

  private int string(byte[] b, int from, int to, long base) {
    var i = from;
    while (true) {
      i = plain(b, i, to);
      if (i == to) {
        return i;
      }
      var c = b[i];
      if (c == '"') {
        if (inKey) {
          keyEnds(b, i);
        } else {
          valueEnds(b, i + 1, base);
        }
        return i + 1;
      }
      if (c == '\\') {
        keyEscaped = true;
        state = ESCAPE;
        return i + 1;
      }
      if (c < 0) {
        i = strict ? utf8(b, i, to, base) : i + 1;
        if (i < 0 || state != STRING) {
          return i;
        }
      } else if (strict) {
        return fail("invalid_json", "a control character in a string; escape it", base + i);
      } else {
        i++;
      }
    }
  }

  /**
   * Index of the first byte from {@code i} on that is not plain (quote, backslash, below 0x20, 0x80
   * and above), or {@code to}. Eight bytes at a time: the classic zero-byte test (Mycroft); borrows
   * make false hits only above a true one, and the lowest hit is what counts.
   */
  private static int plain(byte[] b, int from, int to) {
    var i = from;
    while (i <= to - Long.BYTES) {
      var v = (long) LONGS.get(b, i);
      var quote = v ^ '"' * ONES;
      var backslash = v ^ '\\' * ONES;
      var hits =
          (((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) | (v - 0x20 * ONES) | v)
              & HIGHS;
      // (v - 0x20…) without "& ~v": bytes above 0x7f are hits anyway
      if (hits != 0) {
        return i + (Long.numberOfTrailingZeros(hits) >>> 3);
      }
      i += Long.BYTES;
    }
    while (i < to) {
      var c = b[i];
      if (c < 0x20 || c == '"' || c == '\\') {
        return i;
      }
      i++;
    }
    return i;
  }

  /** Whole sequences from {@code i} on, up to the next ASCII byte; leaves a started one behind. */
  private int utf8(byte[] b, int from, int to, long base) {
    var i = from;
    while (i < to) {
      var lead = b[i];
      if (lead >= 0) {
        return i;
      }
      if (!startSequence(lead & 0xFF)) {
        return fail("invalid_utf8", "no UTF-8 sequence begins like this", base + i);
      }
      i++;
      while (utf8Left > 0) {
        if (i == to) {
          state = UTF8_REST;
          return i;
        }
        var c = b[i] & 0xFF;
        if (c < utf8Low || c > utf8High) {
          return fail("invalid_utf8", "a UTF-8 sequence does not go on like this", base + i);
        }
        utf8Low = 0x80;
        utf8High = 0xBF;
        utf8Left--;
        i++;
      }
    }
    return i;
  }

  /** The bounds of the second byte keep out over-long forms, surrogates and what is too large. */
  private boolean startSequence(int lead) {
    utf8Low = 0x80;
    utf8High = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
      utf8Left = 1;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      utf8Left = 2;
      if (lead == 0xE0) {
        utf8Low = 0xA0;
      } else if (lead == 0xED) {
        utf8High = 0x9F;
      }
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      utf8Left = 3;
      if (lead == 0xF0) {
        utf8Low = 0x90;
      } else if (lead == 0xF4) {
        utf8High = 0x8F;
      }
    } else {
      return false;
    }
    return true;
  }

  private int utf8Rest(byte b, int i, long base) {
    var c = b & 0xFF;
    if (c < utf8Low || c > utf8High) {
      return fail("invalid_utf8", "a UTF-8 sequence does not go on like this", base + i);
    }
    utf8Low = 0x80;
    utf8High = 0xBF;
    if (--utf8Left == 0) {
      state = STRING;
    }
    return i + 1;
  }

  private int escape(byte c, int i, long base) {
    switch (c) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> state = STRING;
      case 'u' -> {
        hexIsLow = false;
        startHex();
      }
      default -> {
        return fail("invalid_json", "an escape that JSON does not have", base + i);
      }
    }
    return i + 1;
  }

  private void startHex() {
    hexLeft = 4;
    hexValue = 0;
    state = HEX;
  }

  private int hex(byte c, int i, long base) {
    var digit = Character.digit((char) (c & 0xFF), 16);
    if (digit < 0 || c < 0) {
      return fail("invalid_json", "expected four hexadecimal digits in an escape", base + i);
    }
    hexValue = hexValue << 4 | digit;
    if (--hexLeft > 0) {
      return i + 1;
    }
    var unit = (char) hexValue;
    if (strict && hexIsLow != Character.isLowSurrogate(unit)) {
      return fail("invalid_json", LONE_SURROGATE, base + i);
    }
    state = strict && Character.isHighSurrogate(unit) ? LOW_BACKSLASH : STRING;
    return i + 1;
  }

  // ---- numbers and words ----

  private int number(byte[] b, int from, int to, long base) {
    var i = from;
    while (i < to) {
      var c = b[i];
      var after = afterInNumber(state, c);
      if (after < 0) {
        if (!isNumberEnd(state)) {
          return fail("invalid_json", expected(), base + i);
        }
        if (state == ZERO && c >= '0' && c <= '9') {
          return fail("invalid_json", "a number with a leading zero", base + i);
        }
        valueEnds(b, i, base);
        return i;
      }
      if (++numberLength > NUMBER_MAX) {
        return fail(
            "number_too_long", "a number is longer than " + NUMBER_MAX + " characters", base + i);
      }
      state = after;
      i++;
    }
    return i;
  }

  private static int afterInNumber(int state, byte c) {
    if (c >= '0' && c <= '9') {
      return switch (state) {
        case MINUS -> c == '0' ? ZERO : INTEGER;
        case INTEGER -> INTEGER;
        case POINT, FRACTION -> FRACTION;
        case EXPONENT_MARK, EXPONENT_SIGN, EXPONENT -> EXPONENT;
        default -> -1;
      };
    }
    return switch (c) {
      case '.' -> state == ZERO || state == INTEGER ? POINT : -1;
      case 'e', 'E' -> state == ZERO || state == INTEGER || state == FRACTION ? EXPONENT_MARK : -1;
      case '+', '-' -> state == EXPONENT_MARK ? EXPONENT_SIGN : -1;
      default -> -1;
    };
  }

  private static boolean isNumberEnd(int state) {
    return state == ZERO || state == INTEGER || state == FRACTION || state == EXPONENT;
  }

  private int literal(byte[] b, int from, int to, long base) {
    var i = from;
    while (i < to) {
      if (b[i] != literal[literalAt]) {
        return fail("invalid_json", expected(), base + i);
      }
      i++;
      if (++literalAt == literal.length) {
        valueEnds(b, i, base);
        return i;
      }
    }
    return i;
  }

  private String expected() {
    return switch (state) {
      case VALUE -> "expected a value";
      case FIRST_ELEMENT -> "expected a value or ]";
      case FIRST_KEY -> "expected a key in quotes or }";
      case KEY -> "expected a key in quotes";
      case COLON -> "expected a colon";
      case AFTER_VALUE -> isObject() ? "expected a comma or }" : "expected a comma or ]";
      case DONE -> "expected nothing after the end of the JSON text";
      case MINUS, ZERO, INTEGER, POINT, FRACTION, EXPONENT_MARK, EXPONENT_SIGN, EXPONENT ->
          "expected a digit";
      case LITERAL -> "expected true, false or null";
      default -> "expected the rest of a string";
    };
  }
}

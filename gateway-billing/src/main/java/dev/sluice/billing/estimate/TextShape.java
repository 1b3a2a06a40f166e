package dev.sluice.billing.estimate;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the raw bytes of a request's JSON as they arrive, and keeps a few numbers: tokens of the
 * text by {@link TokenModel}, what kind of content it is, and the images and documents in it.
 *
 * <p>Text is read a byte at a time with two table look-ups and no branch that depends on the text,
 * except at escapes. The pair of kinds and the position in the word pick weights, which are summed
 * with the marks for the content's class in one packed long. All sums are of whole numbers, so the
 * result doesn't depend on where pieces were split.
 *
 * <p>{@link #RUN_MIN} bytes without anything that base64 doesn't have are no text: what they had
 * added is taken back, and {@link Base64Run} reads on. A {@code \/} is part of such a run: PHP
 * escapes so.
 *
 * <p>Confined to one thread at a time. Allocates when a run begins, or is cut in two; never for
 * each piece.
 */
public final class TextShape {

  /** Images whose sizes are kept; more are counted only. */
  public static final int IMAGES_MAX = 64;

  /** Bytes from which a run of base64's alphabet is no text any more. */
  static final int RUN_MIN = TokenModel.SUM_BYTES_MAX;

  /** What direct buffers are copied through. */
  private static final int COPY_BYTES = 4_096;

  /** Text has at least a token in so many bytes, whatever the model's negative weights say. */
  private static final int BYTES_PER_TOKEN_MAX = 32;

  // What is known of a byte: its kind in the lowest bits, and these.
  private static final int KIND = 31;

  /** Not a kind of its own: a backslash, or the rest of a character. */
  private static final int SPECIAL = 1 << 5;

  private static final int BASE64 = 1 << 6;

  /** All ones, once shifted down, for a letter. */
  private static final int LETTER_SHIFT = 31;

  private static final int[] KNOWN = known();
  private static final long[] PAIRS = TokenModel.pairs();
  private static final long[] WORDS = TokenModel.words();

  private long bytes;
  private long mediaBytes;

  // Sums over the text.
  private long weight;
  private long codeMarks;
  private long quotes;
  private long cjk;

  // Where the scan stands.
  private int previous = ByteKind.OTHER;

  /** How far into a word; past the last position that has a weight of its own, more or less. */
  private int position;

  /** Bytes since the last that base64 doesn't have. */
  private int run;

  private final Escape escape = new Escape();

  /** The first bytes of the run, where they came in earlier pieces. */
  private byte @Nullable [] runHead;

  private @Nullable Base64Run media;

  // What runs came to.
  private final List<ImageSize> images = new ArrayList<>(0);
  private long imageCount;
  private long pdfBytes;

  private byte @Nullable [] copy;

  /**
   * The next piece of the body. Pieces may be split anywhere, also within a character or an escape.
   * Keeps no reference to the array; never throws on what the bytes are.
   */
  public void scan(byte[] array, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, array.length);
    bytes += length;
    int end = offset + length;
    int at = offset;
    while (at < end) {
      at = media == null ? text(array, at, end) : media(media, array, at, end);
      if (media == null && run >= RUN_MIN) {
        beginMedia(array, offset, at);
      }
    }
    if (media == null && run > 0) {
      keepRun(array, offset, end);
    }
  }

  /**
   * The next piece of the body: what lies between position and limit. Neither is moved. A direct
   * buffer is copied through a small array.
   */
  public void scan(ByteBuffer piece) {
    if (piece.hasArray()) {
      scan(piece.array(), piece.arrayOffset() + piece.position(), piece.remaining());
      return;
    }
    if (copy == null) {
      copy = new byte[COPY_BYTES];
    }
    for (int at = piece.position(); at < piece.limit(); ) {
      int length = Math.min(copy.length, piece.limit() - at);
      piece.get(at, copy, 0, length);
      scan(copy, 0, length);
      at += length;
    }
  }

  /** Tokens of the text so far, by the fixed model; without images and documents. */
  public long baseTokens() {
    return baseTokens(media);
  }

  /** What has been seen so far; at the end of the body, what is to be counted of it. */
  public Content content() {
    List<ImageSize> sizes = images;
    long count = imageCount;
    long pdf = pdfBytes;
    if (media != null) { // the body ended within it
      switch (media.kind()) {
        case IMAGE -> {
          count++;
          if (sizes.size() < IMAGES_MAX) {
            sizes = new ArrayList<>(images);
            sizes.add(media.size());
          }
        }
        case PDF -> pdf += media.decodedBytes();
        case NONE -> {}
      }
    }
    long tokens = baseTokens(media);
    return new Content(bytes, tokens, contentClass(tokens, count, pdf), sizes, count, pdf);
  }

  private long baseTokens(@Nullable Base64Run open) {
    long sum = weight;
    long text = bytes - mediaBytes;
    if (open != null && open.kind() == Base64Run.Kind.NONE) {
      sum += open.chars() * Base64Run.TEXT_WEIGHT;
    } else if (open != null) {
      text -= open.chars();
    }
    long rounded = (sum + TokenModel.PER_TOKEN / 2) / TokenModel.PER_TOKEN;
    return Math.max(rounded, text / BYTES_PER_TOKEN_MAX);
  }

  /** Thresholds: between the classes of the documents that the model was fitted on. */
  private ContentClass contentClass(long tokens, long imagesSeen, long pdfSeen) {
    long text = bytes - mediaBytes;
    long imageTokens = imagesSeen * ImageTokens.USUAL;
    long pdfTokens = ImageTokens.ofPdf(pdfSeen);
    if (imageTokens + pdfTokens > tokens) {
      return imageTokens > pdfTokens ? ContentClass.IMAGE : ContentClass.PDF;
    }
    if (cjk * 5 > tokens * 3) { // one has about 0.8 tokens
      return ContentClass.CJK;
    }
    if ((quotes - 24) * 18 > text) { // a chat of one message has about 24
      return ContentClass.TOOLS_JSON;
    }
    return (codeMarks - quotes) * 5 > text ? ContentClass.CODE : ContentClass.PROSE;
  }

  /** Reads text until the end, or a run is long enough. Returns where it stopped. */
  private int text(byte[] array, int from, int end) {
    int at = from;
    while (at < end && run < RUN_MIN) {
      if (escape.isOpen()) {
        afterBackslash(escape.next(array[at++] & 0xFF));
        continue;
      }
      at = plain(array, at, Math.min(end, at + RUN_MIN - Math.max(0, run)));
      if (at < end && run < RUN_MIN && array[at] == '\\') {
        escape.open();
        run++; // part of the run if a slash follows
        at++;
      }
    }
    return at;
  }

  /** The hot loop: up to the limit or a backslash. */
  private int plain(byte[] array, int from, int limit) {
    int before = previous;
    int word = Math.min(position, TokenModel.POSITION_MAX);
    long sum = 0;
    int at = from;
    for (; at < limit; at++) {
      int known = KNOWN[array[at] & 0xFF];
      if ((known & SPECIAL) != 0) {
        if ((known & KIND) == ByteKind.BACKSLASH) {
          break;
        }
        continue;
      }
      int kind = known & KIND;
      sum += PAIRS[before << 5 | kind];
      before = kind;
      word = (word + 1) & (known >> LETTER_SHIFT);
      sum += WORDS[word];
    }
    previous = before;
    position = word;
    add(sum);
    int unbroken = at;
    while (unbroken > from && isBase64(array[unbroken - 1])) {
      unbroken--;
    }
    run = unbroken == from ? run + at - from : at - unbroken;
    return at;
  }

  private void add(long sum) {
    weight += sum >> TokenModel.WEIGHT_SHIFT;
    codeMarks += sum & TokenModel.CODE_MASK;
    quotes += (sum >> TokenModel.QUOTE_SHIFT) & TokenModel.COUNT_MASK;
    cjk += (sum >> TokenModel.CJK_SHIFT) & TokenModel.COUNT_MASK;
  }

  /** One byte of an escape was read; a kind if it is now complete. */
  private void afterBackslash(int kind) {
    if (kind == Escape.SLASH) {
      run++;
      one(ByteKind.SIGN);
    } else {
      run = 0;
      if (kind < ByteKind.COUNT) {
        one(kind);
      }
    }
  }

  private void one(int kind) {
    long sum = PAIRS[previous << 5 | kind];
    previous = kind;
    position = ByteKind.isLetter(kind) ? Math.min(position, TokenModel.POSITION_MAX) + 1 : 0;
    add(sum + WORDS[position]);
  }

  /** The run up to here is no text: takes back what it had added, and begins to decode it. */
  private void beginMedia(byte[] array, int offset, int at) {
    int here = Math.min(run, at - offset);
    byte[] whole = new byte[run];
    if (here < run) {
      System.arraycopy(Objects.requireNonNull(runHead), 0, whole, 0, run - here);
    }
    System.arraycopy(array, at - here, whole, run - here, here);
    TextShape taken = new TextShape();
    taken.run = Integer.MIN_VALUE; // it must not find what it is asked about
    taken.previous = ByteKind.QUOTE;
    taken.text(whole, 0, whole.length);
    weight -= taken.weight;
    codeMarks -= taken.codeMarks;
    media = new Base64Run();
    media.feed(whole, 0, whole.length);
    run = 0;
  }

  /** Reads on in a run. Returns where it stopped; the run has ended if that is before the end. */
  private int media(Base64Run open, byte[] array, int from, int end) {
    int at = from;
    while (at < end) {
      if (escape.isOpen()) {
        int escaped = array[at];
        if (escaped == 'n' || escaped == 'r') { // lines of MIME
          at++;
        } else if (escaped != '/') {
          endMedia(open);
          return at; // with the escape still open
        }
        escape.close();
        continue;
      }
      int stop = endOfRun(array, at, end);
      open.feed(array, at, stop);
      at = stop;
      if (at < end) {
        if (array[at] != '\\') {
          endMedia(open);
          return at;
        }
        escape.open();
        at++;
      }
    }
    return at;
  }

  private static int endOfRun(byte[] array, int from, int end) {
    int at = from;
    while (at < end && isBase64(array[at])) {
      at++;
    }
    return at;
  }

  private void endMedia(Base64Run ended) {
    switch (ended.kind()) {
      case IMAGE -> {
        imageCount++;
        if (images.size() < IMAGES_MAX) {
          images.add(ended.size());
        }
      }
      case PDF -> pdfBytes += ended.decodedBytes();
      case NONE -> weight += ended.chars() * Base64Run.TEXT_WEIGHT;
    }
    mediaBytes += ended.kind() == Base64Run.Kind.NONE ? 0 : ended.chars();
    media = null;
    previous = ByteKind.DIGIT;
    position = 0;
  }

  /** The piece ends within a run: its bytes would be gone by the time it is known to be one. */
  private void keepRun(byte[] array, int offset, int end) {
    if (runHead == null) {
      runHead = new byte[RUN_MIN];
    }
    int here = Math.min(run, end - offset);
    System.arraycopy(array, end - here, runHead, run - here, here);
  }

  private static boolean isBase64(byte b) {
    return (KNOWN[b & 0xFF] & BASE64) != 0;
  }

  private static int[] known() {
    byte[] kinds = ByteKind.table();
    int[] known = new int[kinds.length];
    for (int b = 0; b < kinds.length; b++) {
      int kind = kinds[b];
      known[b] =
          kind
              | (kind < ByteKind.COUNT ? 0 : SPECIAL)
              | (ByteKind.isBase64(kind) ? BASE64 : 0)
              | (ByteKind.isLetter(kind) ? 1 << LETTER_SHIFT : 0);
    }
    return known;
  }
}

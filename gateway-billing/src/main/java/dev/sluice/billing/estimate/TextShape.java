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
 * <p>{@link TextSums} reads the text. {@link TextSums#RUN_MIN} bytes without anything that base64
 * doesn't have are no text: what they had added is taken back, and {@link Base64Run} reads on.
 *
 * <p>Confined to one thread at a time. Allocates when a run begins, or is cut in two; never for
 * each piece.
 */
public final class TextShape {

  /** Images whose sizes are kept; more are counted only. */
  public static final int IMAGES_MAX = 64;

  /** What direct buffers are copied through. */
  private static final int COPY_BYTES = 4_096;

  /** Text has at least a token in so many bytes, whatever the model's negative weights say. */
  private static final int BYTES_PER_TOKEN_MAX = 32;

  private final TextSums text = new TextSums();
  private long bytes;
  private long mediaBytes;

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
      at = media == null ? text.read(array, at, end) : media(media, array, at, end);
      if (media == null && text.run >= TextSums.RUN_MIN) {
        beginMedia(array, offset, at);
      }
    }
    if (media == null && text.run > 0) {
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
    long sum = text.weight;
    long textBytes = bytes - mediaBytes;
    if (open != null && open.kind() == Base64Run.Kind.NONE) {
      sum += open.chars() * Base64Run.TEXT_WEIGHT;
    } else if (open != null) {
      textBytes -= open.chars();
    }
    long rounded = (sum + TokenModel.PER_TOKEN / 2) / TokenModel.PER_TOKEN;
    return Math.max(rounded, textBytes / BYTES_PER_TOKEN_MAX);
  }

  /** Thresholds: between the classes of the documents that the model was fitted on. */
  private ContentClass contentClass(long tokens, long imagesSeen, long pdfSeen) {
    long textBytes = bytes - mediaBytes;
    long imageTokens = imagesSeen * ImageTokens.USUAL;
    long pdfTokens = ImageTokens.ofPdf(pdfSeen);
    if (imageTokens + pdfTokens > tokens) {
      return imageTokens > pdfTokens ? ContentClass.IMAGE : ContentClass.PDF;
    }
    if (text.cjk * 5 > tokens * 3) { // one has about 0.8 tokens
      return ContentClass.CJK;
    }
    if ((text.quotes - 24) * 18 > textBytes) { // a chat of one message has about 24
      return ContentClass.TOOLS_JSON;
    }
    return (text.codeMarks - text.quotes) * 5 > textBytes ? ContentClass.CODE : ContentClass.PROSE;
  }

  /** The run up to here is no text: takes back what it had added, and begins to decode it. */
  private void beginMedia(byte[] array, int offset, int at) {
    byte[] whole = new byte[text.run];
    int here = Math.min(whole.length, at - offset);
    int earlier = whole.length - here;
    if (earlier > 0) {
      System.arraycopy(Objects.requireNonNull(runHead), 0, whole, 0, earlier);
    }
    System.arraycopy(array, at - here, whole, earlier, here);
    text.takeBack(whole);
    media = new Base64Run();
    media.feed(whole, 0, whole.length);
  }

  /** Reads on in a run. Returns where it stopped; the run has ended if that is before the end. */
  private int media(Base64Run open, byte[] array, int from, int end) {
    int at = from;
    while (at < end) {
      if (text.escape.isOpen()) {
        int escaped = array[at];
        if (escaped == 'n' || escaped == 'r') { // lines of MIME
          at++;
        } else if (escaped != '/') {
          endMedia(open);
          return at; // with the escape still open
        }
        text.escape.close();
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
        text.escape.open();
        at++;
      }
    }
    return at;
  }

  private static int endOfRun(byte[] array, int from, int end) {
    int at = from;
    while (at < end && TextSums.isBase64(array[at])) {
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
      case NONE -> text.weight += ended.chars() * Base64Run.TEXT_WEIGHT;
    }
    mediaBytes += ended.kind() == Base64Run.Kind.NONE ? 0 : ended.chars();
    media = null;
    text.resume();
  }

  /** The piece ends within a run: its bytes would be gone by the time it is known to be one. */
  private void keepRun(byte[] array, int offset, int end) {
    if (runHead == null) {
      runHead = new byte[TextSums.RUN_MIN];
    }
    int here = Math.min(text.run, end - offset);
    System.arraycopy(array, end - here, runHead, text.run - here, here);
  }
}

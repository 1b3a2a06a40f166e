package dev.sluice.billing.estimate;

import java.nio.ByteBuffer;
import java.util.List;

/** Looks at a request's body as it arrives. Confined to one thread at a time. */
public final class TextShape {

  /** Images whose sizes are kept; more are counted only. */
  public static final int IMAGES_MAX = 64;

  private long bytes;

  /**
   * The next piece of the body. Pieces may be split anywhere. Copies nothing that lasts, allocates
   * nothing, never throws on what the bytes are.
   */
  public void scan(byte[] array, int offset, int length) {
    bytes += length;
  }

  /**
   * The next piece of the body: what lies between position and limit. Neither is moved. A direct
   * buffer is copied through a small array.
   */
  public void scan(ByteBuffer piece) {
    bytes += piece.remaining();
  }

  /** What has been seen so far; at the end of the body, what is to be counted of it. */
  public Content content() {
    return new Content(bytes, (bytes + 3) / 4, ContentClass.PROSE, List.of(), 0, 0);
  }
}

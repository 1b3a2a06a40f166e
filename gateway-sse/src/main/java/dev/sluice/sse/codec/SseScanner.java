package dev.sluice.sse.codec;

import io.netty.buffer.ByteBuf;

/**
 * Finds where the blocks of an event stream end, in bytes that come in any pieces (WHATWG HTML
 * 9.2.5 "Parsing an event stream"). Looks only: owns no buffer, copies nothing, allocates nothing.
 * One scanner per stream; confined to one thread.
 *
 * <p><b>The picture.</b> A stream is cut, without a gap, into <em>blocks</em>: lines, and the blank
 * line that ends them. An event is a block with a data line; a block may also be only comments, or
 * only a blank line. Between two blocks, and nowhere else, something may be put in. A line ends
 * with LF, CR LF, or CR alone.
 *
 * <p><b>Invariants.</b> Every byte belongs to exactly one block, and the ends that are reported do
 * not depend on how the bytes were split, with one exception that is reported as such: a blank line
 * that ends in CR at the end of a piece. Whether an LF belongs to it is known only with the next
 * byte.
 *
 * <ul>
 *   <li>In a stream that has used CR LF before, that LF is as good as there: the scanner waits for
 *       it, so that nobody writes between the two halves of a line end.
 *   <li>In any other stream the block is reported at once, because waiting would hold back a whole
 *       event until the next one. An LF that follows all the same is reported as a block of its own
 *       with {@link #isRestOfLineEnd}; it shares the fate of the block before it.
 * </ul>
 *
 * <p><b>Speed.</b> Nearly all bytes are in the middle of a long {@code data:} line, and all that
 * matters there is the next CR or LF. So the inner loop looks at eight bytes at a time for both at
 * once (zero-byte test on a word, Hacker's Delight 6-1), and only the first eight bytes of a line
 * are kept, in a {@code long}, to tell what the line was. Two separate searches, one for LF and one
 * for CR, were tried on paper and dropped: in a stream that only uses CR each search for LF runs to
 * the end of the buffer, which is quadratic.
 */
public final class SseScanner {

  private static final long LFS = 0x0A0A0A0A0A0A0A0AL;
  private static final long CRS = 0x0D0D0D0D0D0D0D0DL;
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;

  private static final int HEAD_BYTES = 8;
  private static final long BOM = 0xBFBBEFL; // EF BB BF, first byte lowest
  private static final int BOM_BYTES = 3;
  private static final long DATA = 0x61746164L; // "data"
  private static final long ID = 0x6469L; // "id"

  private final boolean waitsForLineFeed;

  // The line in progress: its first bytes, the first one lowest, and how many of them.
  private long head;
  private int headLength;

  // The beginning of the stream, where a byte order mark may stand.
  private boolean mayBeBom = true;
  private long bytesBeforeBomIsDecided;
  private boolean beganWithBom;

  // What a CR at the end of a piece left open.
  private LineFeed lineFeed = LineFeed.NOT_DUE;
  private boolean usesCrLf;

  // The block in progress, or the one just reported.
  private boolean isReported;
  private boolean hasData;
  private boolean hasId;
  private boolean hasContent;
  private boolean hasComment;
  private boolean isRestOfLineEnd;

  private long contentBytes;

  /** What an LF would be if it were the next byte. */
  private enum LineFeed {
    /** A line end of its own. */
    NOT_DUE,
    /** The rest of a line end inside the block in progress. */
    ENDS_LINE,
    /** The rest of the blank line that the block in progress waits for. */
    ENDS_BLOCK,
    /** The rest of the blank line of a block that has been reported. */
    AFTER_BLOCK
  }

  public SseScanner() {
    this(true);
  }

  /**
   * @param waitsForLineFeed false: a blank line that ends in CR at the end of a piece is reported
   *     at once in every stream, for readers that put nothing behind it
   */
  SseScanner(boolean waitsForLineFeed) {
    this.waitsForLineFeed = waitsForLineFeed;
  }

  /**
   * Reads on at {@code from}, up to the next end of a block. What the accessors say about a block
   * holds until the next call.
   *
   * @param from index of the first byte not yet scanned
   * @param to index after the last byte there is
   * @return index after the block that is now complete, to be continued from; may equal {@code
   *     from} where only the LF that {@link #isWholeButForLineFeed} waited for did not come. Or -1:
   *     all bytes up to {@code to} are read, and the block is not complete
   */
  public int scan(ByteBuf bytes, int from, int to) {
    if (from >= to) {
      return -1;
    }
    if (isReported) {
      startBlock();
    }
    int at = from;
    if (lineFeed != LineFeed.NOT_DUE) {
      LineFeed due = lineFeed;
      lineFeed = LineFeed.NOT_DUE;
      boolean came = bytes.getByte(at) == '\n';
      if (came) {
        usesCrLf = true;
        at++;
      }
      if (due == LineFeed.ENDS_BLOCK) {
        return reported(at);
      }
      if (due == LineFeed.AFTER_BLOCK && came) {
        isRestOfLineEnd = true;
        return reported(at);
      }
    }
    while (at < to) {
      int lineEnd = indexOfLineEnd(bytes, at, to);
      if (lineEnd < 0) {
        keepHead(bytes, at, to);
        return -1;
      }
      keepHead(bytes, at, lineEnd);
      boolean isBlank = endLine();
      at = lineEnd + 1;
      if (bytes.getByte(lineEnd) == '\r') {
        if (at == to) {
          if (!isBlank) {
            lineFeed = LineFeed.ENDS_LINE;
            return -1;
          }
          if (usesCrLf && waitsForLineFeed) {
            lineFeed = LineFeed.ENDS_BLOCK;
            return -1;
          }
          lineFeed = LineFeed.AFTER_BLOCK;
        } else if (bytes.getByte(at) == '\n') {
          usesCrLf = true;
          at++;
        }
      }
      if (isBlank) {
        return reported(at);
      }
    }
    return -1;
  }

  /** Whether the block just reported has a {@code data} line, so that a client dispatches it. */
  public boolean hasData() {
    return hasData;
  }

  /** Whether the block just reported has an {@code id} line. */
  public boolean hasId() {
    return hasId;
  }

  /** Whether the block just reported has comments, and nothing else. */
  public boolean isOnlyComments() {
    return hasComment && !hasContent;
  }

  /** Whether what was just reported is only the LF of the line end of the block before it. */
  public boolean isRestOfLineEnd() {
    return isRestOfLineEnd;
  }

  /**
   * Whether the block in progress lacks nothing but the LF of its blank line, which this stream is
   * known to write.
   */
  public boolean isWholeButForLineFeed() {
    return lineFeed == LineFeed.ENDS_BLOCK;
  }

  /** Whether the stream began with a byte order mark. */
  public boolean beganWithBom() {
    return beganWithBom;
  }

  /**
   * How many bytes so far stood in lines that are neither blank nor comments, line ends not
   * counted. It grows exactly when the provider has said something.
   */
  public long contentBytes() {
    return contentBytes;
  }

  private int reported(int end) {
    isReported = true;
    return end;
  }

  private void startBlock() {
    isReported = false;
    hasData = false;
    hasId = false;
    hasContent = false;
    hasComment = false;
    isRestOfLineEnd = false;
  }

  /** Takes note of bytes of the line in progress. */
  private void keepHead(ByteBuf bytes, int from, int to) {
    int fresh = to - from;
    long counted = fresh;
    if (headLength < HEAD_BYTES) {
      int taken = Math.min(HEAD_BYTES - headLength, fresh);
      for (int i = 0; i < taken; i++) {
        head |= (bytes.getByte(from + i) & 0xFFL) << ((headLength + i) << 3);
      }
      headLength += taken;
      if (mayBeBom) {
        counted = withoutBom(fresh);
      }
    }
    if ((byte) head != ':') {
      contentBytes += counted;
    }
  }

  /** How many bytes of the first line may be counted now. */
  private long withoutBom(int fresh) {
    bytesBeforeBomIsDecided += fresh;
    if (headLength < BOM_BYTES && head == (BOM & ((1L << (headLength << 3)) - 1))) {
      return 0;
    }
    mayBeBom = false;
    if (headLength >= BOM_BYTES && (head & 0xFFFFFFL) == BOM) {
      beganWithBom = true;
      head >>>= BOM_BYTES << 3;
      headLength -= BOM_BYTES;
      return bytesBeforeBomIsDecided - BOM_BYTES;
    }
    return bytesBeforeBomIsDecided;
  }

  /** Says what the line was, and whether it was blank. */
  private boolean endLine() {
    if (mayBeBom) {
      mayBeBom = false;
      contentBytes += bytesBeforeBomIsDecided;
    }
    if (headLength == 0) {
      return true;
    }
    if ((byte) head == ':') {
      hasComment = true;
    } else {
      hasContent = true;
      hasData |= isField(DATA, 4);
      hasId |= isField(ID, 2);
    }
    head = 0;
    headLength = 0;
    return false;
  }

  /** A field's name ends at a colon, or with the line. */
  private boolean isField(long name, int length) {
    int bits = length << 3;
    return (head & ((1L << bits) - 1)) == name
        && (headLength == length || (byte) (head >>> bits) == ':');
  }

  /** Index of the first CR or LF, or -1. */
  private static int indexOfLineEnd(ByteBuf bytes, int from, int to) {
    int at = from;
    for (int last = to - Long.BYTES; at <= last; at += Long.BYTES) {
      long word = bytes.getLongLE(at);
      long lf = word ^ LFS;
      long cr = word ^ CRS;
      // A false mark can only stand above a true one, so the lowest mark is right.
      long marks = (((lf - ONES) & ~lf) | ((cr - ONES) & ~cr)) & HIGHS;
      if (marks != 0) {
        return at + (Long.numberOfTrailingZeros(marks) >>> 3);
      }
    }
    for (; at < to; at++) {
      byte b = bytes.getByte(at);
      if (b == '\n' || b == '\r') {
        return at;
      }
    }
    return -1;
  }
}

package dev.sluice.billing.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether the end of a write-ahead log can be read (<a
 * href="https://www.sqlite.org/fileformat2.html#walformat">file format, section 4</a>). SQLite
 * takes a log up to its last whole commit before the first frame that does not check, and says
 * nothing of what comes after; here it is counted.
 *
 * <p>A frame carries the salts of its log's generation and a checksum over all frames up to it.
 * Frames with other salts are leftovers of an earlier generation: with the first of them the log
 * ends.
 *
 * @param commitsRead that SQLite will find
 * @param commitsUnread that were in the log, behind or in the first frame that does not check
 * @param isOnlyTheLast whether that was the very last frame, as when it was just being written
 */
record WalTail(long commitsRead, long commitsUnread, boolean isOnlyTheLast) {

  static final WalTail EMPTY = new WalTail(0, 0, false);

  private static final int HEADER = 32;
  private static final int FRAME_HEADER = 24;
  private static final int MAGIC = 0x377f0682;

  /** SQLite's default, and so the ledger's. */
  private static final int PAGE_BYTES = 4_096;

  private static final int PAGE_BYTES_MAX = 65_536;

  boolean isTorn() {
    return commitsUnread > 0;
  }

  /** Reads a log; one that is not there is empty. */
  static WalTail of(Path log) throws IOException {
    if (!Files.exists(log)) {
      return EMPTY;
    }
    try (FileChannel channel = FileChannel.open(log)) {
      ByteBuffer header = ByteBuffer.allocate(HEADER);
      if (!isFull(channel, header, 0)) {
        return EMPTY;
      }
      int pageBytes = header.getInt(8);
      Checksum sum = new Checksum((header.getInt(0) & 1) == 1);
      sum.add(header, 0, 24);
      boolean isSane =
          Integer.bitCount(pageBytes) == 1 && pageBytes >= 512 && pageBytes <= PAGE_BYTES_MAX;
      boolean isGood =
          (header.getInt(0) & ~1) == MAGIC
              && isSane
              && sum.is(header.getInt(24), header.getInt(28));
      ByteBuffer frame = ByteBuffer.allocate(FRAME_HEADER + (isSane ? pageBytes : PAGE_BYTES));
      return isGood
          ? frames(channel, header.getLong(16), frame, sum)
          : framesWithoutHead(channel, frame);
    }
  }

  /** SQLite takes none of these; the first of them says to which generation they belong. */
  private static WalTail framesWithoutHead(FileChannel channel, ByteBuffer frame)
      throws IOException {
    if (!isFull(channel, frame, HEADER)) {
      return EMPTY;
    }
    long salts = frame.getLong(8);
    long unread = 0;
    for (long at = HEADER; isFull(channel, frame, at); at += frame.capacity()) {
      if (frame.getLong(8) != salts) {
        break;
      }
      unread += frame.getInt(4) != 0 ? 1 : 0;
    }
    return new WalTail(0, unread, false);
  }

  private static WalTail frames(FileChannel channel, long salts, ByteBuffer frame, Checksum sum)
      throws IOException {
    long read = 0;
    long unread = 0;
    long framesUnread = 0;
    for (long at = HEADER; isFull(channel, frame, at); at += frame.capacity()) {
      if (frame.getLong(8) != salts) {
        break;
      }
      if (framesUnread == 0) {
        sum.add(frame, 0, 8);
        sum.add(frame, FRAME_HEADER, frame.capacity());
      }
      boolean isCommit = frame.getInt(4) != 0;
      if (framesUnread == 0 && sum.is(frame.getInt(16), frame.getInt(20))) {
        read += isCommit ? 1 : 0;
      } else {
        framesUnread++;
        unread += isCommit ? 1 : 0;
      }
    }
    return new WalTail(read, unread, framesUnread == 1);
  }

  private static boolean isFull(FileChannel channel, ByteBuffer into, long at) throws IOException {
    into.clear();
    while (into.hasRemaining()) {
      if (channel.read(into, at + into.position()) < 0) {
        return false;
      }
    }
    return true;
  }

  /** A kind of Fletcher sum over words of 32 bits, in the byte order that the log names. */
  private static final class Checksum {
    private final ByteOrder order;
    private int s0;
    private int s1;

    Checksum(boolean isBigEndian) {
      order = isBigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    }

    void add(ByteBuffer bytes, int from, int until) {
      ByteBuffer words = bytes.duplicate().order(order);
      for (int i = from; i < until; i += 8) {
        s0 += words.getInt(i) + s1;
        s1 += words.getInt(i + 4) + s0;
      }
    }

    boolean is(int first, int second) {
      return s0 == first && s1 == second;
    }
  }
}

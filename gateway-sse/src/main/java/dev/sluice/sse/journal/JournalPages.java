package dev.sluice.sse.journal;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one answer that are held, in pages; a run without gaps, which in the usual case
 * begins with the answer's first byte. Confined to the journal's loop.
 *
 * <p>Bytes are copied in. Keeping the provider's own buffers was considered: they are receive
 * buffers of up to 64 KiB with an event of 300 bytes in them, which would have to be counted whole,
 * and which others still write to clients when they should be wiped. A copy of an event costs 12
 * ns. Pages begin small and double, so that at most half of what is counted is unused.
 */
final class JournalPages {

  static final int PAGE_MIN = 1024;
  static final int PAGE_MAX = 64 * 1024;

  private record Page(ByteBuf bytes, long start) {
    long end() {
      return start + bytes.writerIndex();
    }
  }

  private final PageMemory memory;
  private final List<Page> pages = new ArrayList<>(2);
  private long first;
  private long end;
  private long capacity;
  private int nextSize = PAGE_MIN;

  /**
   * @param first position in the answer of the first byte that will be appended
   */
  JournalPages(PageMemory memory, long first) {
    this.memory = memory;
    this.first = first;
    this.end = first;
  }

  /** Position of the first byte held. */
  long first() {
    return first;
  }

  /**
   * Appends what is readable, which is only looked at.
   *
   * @return false where there is no room: then the run ends somewhere in these bytes, and {@link
   *     #truncate} or {@link #wipe} must follow
   */
  boolean append(ByteBuf bytes) {
    return append(bytes, false);
  }

  /** Appends whatever the bounds say. */
  void appendRegardless(ByteBuf bytes) {
    boolean appended = append(bytes, true);
    assert appended;
  }

  private boolean append(ByteBuf bytes, boolean regardless) {
    int at = bytes.readerIndex();
    int left = bytes.readableBytes();
    while (left > 0) {
      ByteBuf page = room(left, regardless);
      if (page == null) {
        return false;
      }
      int length = Math.min(left, page.writableBytes());
      page.writeBytes(bytes, at, length);
      at += length;
      left -= length;
      end += length;
    }
    return true;
  }

  private @Nullable ByteBuf room(int wanted, boolean regardless) {
    if (!pages.isEmpty()) {
      ByteBuf last = pages.getLast().bytes();
      if (last.isWritable()) {
        return last;
      }
    }
    int size = Math.min(PAGE_MAX, Math.max(nextSize, wanted));
    ByteBuf page;
    if (regardless) {
      page = memory.pageRegardless(size);
    } else {
      page = capacity + size > memory.perCallMaxBytes() ? null : memory.page(size);
    }
    if (page != null) {
      pages.add(new Page(page, end));
      capacity += size;
      nextSize = Math.min(PAGE_MAX, 2 * size);
    }
    return page;
  }

  /** Whether something is held that there is no room for: of one answer, or of all. */
  boolean isOverfull() {
    return capacity > memory.perCallMaxBytes() || (capacity > 0 && memory.isOverfull());
  }

  /**
   * A piece of what is held.
   *
   * @param from position, held
   * @param max at most so many bytes, positive
   * @return a slice; ownership passes. It may end early, with its page
   */
  ByteBuf slice(long from, int max) {
    assert from >= first && from < end : from + " is not in " + first + ".." + end;
    int low = 0;
    int high = pages.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (pages.get(middle).start() <= from) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    Page page = pages.get(low);
    int index = (int) (from - page.start());
    return page.bytes().retainedSlice(index, (int) Math.min(max, page.end() - from));
  }

  /** Takes back what was appended from a position on. */
  void truncate(long to) {
    while (!pages.isEmpty() && pages.getLast().start() >= to) {
      drop(pages.removeLast());
    }
    if (!pages.isEmpty()) {
      Page last = pages.getLast();
      int written = last.bytes().writerIndex();
      int left = (int) Math.min(written, to - last.start());
      PageMemory.wipe(last.bytes(), left, written);
      last.bytes().writerIndex(left);
    }
    end = Math.max(first, to);
  }

  /** Lets go of pages that lie wholly before a position. */
  void dropBefore(long position) {
    while (!pages.isEmpty() && pages.getFirst().end() <= position) {
      drop(pages.removeFirst());
    }
    first = Math.max(first, Math.min(position, end));
  }

  /** Lets go of everything; what clients have not been sent yet stays until they have. */
  void wipe() {
    pages.forEach(this::drop);
    pages.clear();
    first = end;
  }

  private void drop(Page page) {
    capacity -= page.bytes().capacity();
    memory.wipe(page.bytes());
  }
}

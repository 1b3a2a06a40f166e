package dev.sluice.billing.ledger;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A mapped file of slots: one for each call from its intent until its row is committed. Whoever
 * took a slot owns it until it is freed; other slots do not concern him.
 *
 * <p>A slot is written by plain stores into memory that the kernel shares with the file, so nothing
 * of it is lost when the process is killed. Its two parts, intent and settlement, are written each
 * once; the state word comes last, with release order. So a process that dies in the middle leaves
 * the state before. After a power cut a page may hold any mixture of old and new: each part begins
 * with the slot's generation and has a checksum over all, and what does not fit is torn.
 *
 * <p>The file is written with zeros when it is made, not merely sized: storing into a hole of a
 * full disk would kill the thread with SIGBUS. (File systems that copy on write, such as btrfs and
 * ZFS, do not keep to that.)
 *
 * <pre>
 *    0 state   8 length, CRC of the intent   16 length, CRC of the settlement   32 intent   1280 settlement
 * </pre>
 */
final class InFlightFile {

  static final int VERSION = 1;
  static final int SLOT_BYTES = 2_304;
  static final int HEADER_BYTES = 4_096;
  static final int INTENT_AT = 32;
  static final int SETTLED_AT = 1_280;

  private static final long MAGIC = 0x534c_5549_4345_4946L; // SLUICEIF

  private static final int FREE = 0;
  private static final int INTENT = 1;
  private static final int SETTLED = 2;

  private static final VarHandle STATE = ValueLayout.JAVA_LONG.varHandle();
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

  private final Path path;
  private final Object fileKey;
  private final MemorySegment memory;
  private final int slots;
  private final FreeSlots free;

  /**
   * What an earlier run left in a slot.
   *
   * @param intent null where it is torn
   * @param settled null where the call had not ended, or its end is torn
   */
  record Found(int slot, @Nullable Intent intent, @Nullable CallRecord settled) {}

  /** The file is something else, damaged, or of another version. */
  static final class Unreadable extends IOException {
    Unreadable(String message) {
      super(message);
    }
  }

  private InFlightFile(Path path, Object fileKey, MemorySegment memory, int slots) {
    this.path = path;
    this.fileKey = fileKey;
    this.memory = memory;
    this.slots = slots;
    this.free = new FreeSlots(slots);
  }

  /**
   * Maps the file, or makes it. One that is there keeps its number of slots.
   *
   * @throws Unreadable where the file is something else, damaged, or of another version
   */
  static InFlightFile open(Path path, int slots) throws IOException {
    if (!Files.exists(path)) {
      make(path, slots);
    }
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      int there = slotsOf(path, channel);
      long bytes = bytes(there);
      fill(channel, bytes);
      // Not closed by hand: a loop that comes late must find its slot, not a hole in the memory.
      MemorySegment memory = channel.map(MapMode.READ_WRITE, 0, bytes, Arena.ofAuto());
      InFlightFile file = new InFlightFile(path, keyOf(path), memory, there);
      for (int slot = there - 1; slot >= 0; slot--) {
        if (code(file.state(slot)) == FREE) {
          file.free.give(slot);
        }
      }
      return file;
    }
  }

  private static long bytes(int slots) {
    return HEADER_BYTES + (long) slots * SLOT_BYTES;
  }

  private static void make(Path path, int slots) throws IOException {
    Path fresh = path.resolveSibling(path.getFileName() + ".new");
    try (FileChannel channel =
        FileChannel.open(
            fresh,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
      header.putLong(MAGIC).putInt(VERSION).putInt(SLOT_BYTES).putInt(slots);
      CRC32C crc = new CRC32C();
      crc.update(header.array(), 0, header.position());
      header.putInt((int) crc.getValue());
      header.rewind();
      while (header.hasRemaining()) {
        channel.write(header);
      }
      fill(channel, bytes(slots));
      channel.force(true);
    } catch (IOException e) {
      Files.deleteIfExists(fresh);
      throw e;
    }
    Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel directory = FileChannel.open(path.toAbsolutePath().getParent())) {
      directory.force(true);
    }
  }

  /** Writes zeros from the end up to a size. */
  private static void fill(FileChannel channel, long bytes) throws IOException {
    long at = channel.size();
    ByteBuffer zeros = ByteBuffer.allocate(1 << 16);
    while (at < bytes) {
      zeros.clear().limit((int) Math.min(zeros.capacity(), bytes - at));
      at += channel.write(zeros, at);
    }
  }

  private static int slotsOf(Path path, FileChannel channel) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(24);
    while (header.hasRemaining() && channel.read(header, header.position()) >= 0) {
      // until it is full, or the file ends
    }
    CRC32C crc = new CRC32C();
    crc.update(header.array(), 0, 20);
    if (header.hasRemaining()
        || header.getLong(0) != MAGIC
        || header.getInt(20) != (int) crc.getValue()) {
      throw new Unreadable(path + " is no table of calls in flight, or its head is damaged");
    }
    if (header.getInt(8) != VERSION || header.getInt(12) != SLOT_BYTES) {
      throw new Unreadable(
          path + " is of version " + header.getInt(8) + "; this gateway knows " + VERSION);
    }
    int slots = header.getInt(16);
    if (slots < 1 || slots > LedgerSettings.IN_FLIGHT_MAX) {
      throw new Unreadable(path + " says that it has " + slots + " slots");
    }
    return slots;
  }

  private static Object keyOf(Path path) throws IOException {
    Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    return key == null ? path : key;
  }

  /** Whether the file is still the one in the directory. */
  boolean isThere() {
    try {
      return keyOf(path).equals(fileKey);
    } catch (IOException e) {
      return false;
    }
  }

  int slots() {
    return slots;
  }

  int taken() {
    return slots - free.size();
  }

  /** A slot that is now the caller's, or -1 where all are taken. */
  int take() {
    return free.take();
  }

  /** Into a slot that the caller has just taken. */
  void intent(int slot, Intent intent) {
    long generation = (state(slot) >>> 8) + 1;
    SlotBytes bytes = SlotBytes.forWriting(SETTLED_AT - INTENT_AT).number(generation);
    SlotForm.write(intent, bytes);
    write(slot, INTENT_AT, 8, bytes);
    STATE.setRelease(memory, at(slot), generation << 8 | INTENT);
  }

  /** Into a slot of the caller's that has an intent. */
  void settled(int slot, CallRecord call) {
    long generation = state(slot) >>> 8;
    SlotBytes bytes = SlotBytes.forWriting(SLOT_BYTES - SETTLED_AT).number(generation);
    SlotForm.write(call, bytes);
    write(slot, SETTLED_AT, 16, bytes);
    STATE.setRelease(memory, at(slot), generation << 8 | SETTLED);
  }

  /** The row is committed: the slot is nobody's again. */
  void free(int slot) {
    STATE.setRelease(memory, at(slot), state(slot) >>> 8 << 8 | FREE);
    free.give(slot);
  }

  /**
   * Returns when a range of slots is on the disk. Blocks.
   *
   * @throws java.io.UncheckedIOException if the disk says no
   */
  void force(int first, int last) {
    long from = at(first);
    memory.asSlice(from, at(last) + SLOT_BYTES - from).force();
  }

  /** What is in the slots; to be asked before any is taken. */
  List<Found> occupied() {
    List<Found> found = new ArrayList<>();
    for (int slot = 0; slot < slots; slot++) {
      long state = state(slot);
      if (code(state) != FREE) {
        found.add(found(slot, state));
      }
    }
    return found;
  }

  private Found found(int slot, long state) {
    long generation = state >>> 8;
    SlotBytes intentBytes = read(slot, INTENT_AT, 8, generation, SETTLED_AT - INTENT_AT);
    if (intentBytes == null || code(state) > SETTLED) {
      return new Found(slot, null, null);
    }
    Intent intent;
    try {
      intent = SlotForm.intent(intentBytes);
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      return new Found(slot, null, null);
    }
    SlotBytes settled =
        code(state) == SETTLED
            ? read(slot, SETTLED_AT, 16, generation, SLOT_BYTES - SETTLED_AT)
            : null;
    try {
      return new Found(slot, intent, settled == null ? null : SlotForm.settled(intent, settled));
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      return new Found(slot, intent, null);
    }
  }

  private void write(int slot, int partAt, int headAt, SlotBytes bytes) {
    long base = at(slot);
    int length = bytes.length();
    MemorySegment.copy(bytes.array(), 0, memory, ValueLayout.JAVA_BYTE, base + partAt, length);
    memory.set(INT, base + headAt, length);
    memory.set(INT, base + headAt + 4, crc(bytes.array(), length));
  }

  /** A part behind its generation, or null where it is torn. */
  private @Nullable SlotBytes read(int slot, int partAt, int headAt, long generation, int room) {
    long base = at(slot);
    int length = memory.get(INT, base + headAt);
    if (length < Long.BYTES || length > room) {
      return null;
    }
    byte[] bytes = new byte[length];
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, base + partAt, bytes, 0, length);
    if (memory.get(INT, base + headAt + 4) != crc(bytes, length)) {
      return null;
    }
    SlotBytes part = SlotBytes.of(bytes);
    return part.number() == generation ? part : null;
  }

  private static int crc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  private long state(int slot) {
    return (long) STATE.getAcquire(memory, at(slot));
  }

  private static int code(long state) {
    return (int) (state & 0xff);
  }

  private static long at(int slot) {
    return HEADER_BYTES + (long) slot * SLOT_BYTES;
  }
}

package dev.sluice.billing.ledger;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Fields one after the other, as they are in a slot. Each text takes a byte for its length. */
final class SlotBytes {

  private static final int NO_TEXT = 0xff;

  private final byte[] array;
  private final ByteBuffer bytes;

  private SlotBytes(byte[] array) {
    this.array = array;
    bytes = ByteBuffer.wrap(array);
  }

  static SlotBytes forWriting(int room) {
    return new SlotBytes(new byte[room]);
  }

  static SlotBytes of(byte[] written) {
    return new SlotBytes(written);
  }

  byte[] array() {
    return array;
  }

  int length() {
    return bytes.position();
  }

  int room() {
    return bytes.remaining();
  }

  SlotBytes number(long value) {
    bytes.putLong(value);
    return this;
  }

  long number() {
    return bytes.getLong();
  }

  SlotBytes small(int value) {
    bytes.putInt(value);
    return this;
  }

  int small() {
    return bytes.getInt();
  }

  SlotBytes flag(boolean value) {
    bytes.put((byte) (value ? 1 : 0));
    return this;
  }

  boolean flag() {
    return bytes.get() != 0;
  }

  SlotBytes word(Enum<?> constant) {
    return text(constant.name(), Place.WORD);
  }

  SlotBytes text(@Nullable String text, Place place) {
    if (text == null) {
      bytes.put((byte) NO_TEXT);
      return this;
    }
    int length = text.length();
    if (length <= place.bytes && length < room()) {
      // Nearly all are ASCII: then there is nothing to be encoded, nor to be allocated.
      int to = bytes.position() + 1;
      int i = 0;
      for (char c; i < length && (c = text.charAt(i)) < 0x80; i++) {
        array[to + i] = (byte) c;
      }
      if (i == length) {
        bytes.put((byte) length).position(to + length);
        return this;
      }
    }
    byte[] encoded = place.encode(text);
    bytes.put((byte) encoded.length).put(encoded);
    return this;
  }

  @Nullable String textOrNull() {
    int length = bytes.get() & 0xff;
    if (length == NO_TEXT) {
      return null;
    }
    String text = new String(array, bytes.position(), length, StandardCharsets.UTF_8);
    bytes.position(bytes.position() + length);
    return text;
  }

  String text() {
    String text = textOrNull();
    if (text == null) {
      throw new IllegalArgumentException("a text is missing");
    }
    return text;
  }

  <E extends Enum<E>> E word(Class<E> type) {
    return Enum.valueOf(type, text());
  }
}

package dev.sluice.billing.ledger;

import java.nio.charset.StandardCharsets;

/**
 * How much room each text of a call has in the ledger, in bytes of UTF-8. The same in a slot and in
 * a row, so that a row does not depend on the way it came.
 */
enum Place {
  CALL_ID(64),
  TEAM(64),
  KEY(64),
  ROUTE(48),
  DIALECT(24),
  OPERATION(24),
  PROVIDER(48),
  MODEL(96),
  TIER(24),
  REASON(48),
  PHASE(24),
  REPLAY(16),
  ORPHAN(16),
  POOL(48),
  PRICE_VERSION(48),
  TAG_NAME(64),
  TAG_VALUE(254),
  /** Of a constant of ours. */
  WORD(24);

  /** At most 254: a length takes one byte, and 255 says that there is none. */
  final int bytes;

  Place(int bytes) {
    this.bytes = bytes;
  }

  /** As much of a text as there is room for, ended between two characters. */
  String cut(String text) {
    if (text.length() * 3 <= bytes) {
      return text; // a char never takes more than three bytes
    }
    int taken = 0;
    for (int i = 0; i < text.length(); ) {
      int character = text.codePointAt(i);
      taken += bytesOf(character);
      if (taken > bytes) {
        return text.substring(0, i);
      }
      i += Character.charCount(character);
    }
    return text;
  }

  /** As {@link #cut}, encoded. */
  byte[] encode(String text) {
    return cut(text).getBytes(StandardCharsets.UTF_8);
  }

  private static int bytesOf(int character) {
    if (character < 0x80 || Character.getType(character) == Character.SURROGATE) {
      return 1; // half a pair is encoded as a question mark
    }
    if (character < 0x800) {
      return 2;
    }
    return character < 0x10000 ? 3 : 4;
  }
}

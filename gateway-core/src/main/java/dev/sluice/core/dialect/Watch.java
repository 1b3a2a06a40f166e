package dev.sluice.core.dialect;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A member of a JSON text that somebody wants to hear about: a tree of names, of which {@link
 * JsonMachine} follows the path that it is on. Arrays are transparent: the elements of a watched
 * array stand for the member itself, so {@code choices → finish_reason} hears of the reason of
 * every choice. Immutable.
 */
final class Watch {

  private static final Watch[] NOTHING = {};

  final String name;

  /** The listener's number for it. */
  final int slot;

  /** Most bytes of its value that are handed over, as written; 0 where members are watched. */
  final int rawMax;

  /** Whether the end of a scalar that stands where members are watched is told as well. */
  final boolean scalarsToo;

  /** The bits of the slots of its members; meaningful for slots below 64. */
  final long memberBits;

  private final byte[] utf8;

  /** By the length of their names: most keys of a prompt are none of them, and soon known to be. */
  private final Watch[][] members;

  private Watch(String name, int slot, int rawMax, boolean scalarsToo, Watch[] members) {
    this.name = name;
    this.slot = slot;
    this.rawMax = rawMax;
    this.scalarsToo = scalarsToo;
    this.members = byLength(members);
    utf8 = name.getBytes(StandardCharsets.UTF_8);
    var bits = 0L;
    for (var member : members) {
      bits |= 1L << member.slot;
    }
    memberBits = bits;
  }

  private static Watch[][] byLength(Watch[] members) {
    var longest = 0;
    for (var member : members) {
      longest = Math.max(longest, member.utf8.length);
    }
    var byLength = new Watch[longest + 1][];
    Arrays.fill(byLength, NOTHING);
    for (var member : members) {
      var length = member.utf8.length;
      var same = Arrays.copyOf(byLength[length], byLength[length].length + 1);
      same[same.length - 1] = member;
      byLength[length] = same;
    }
    return byLength;
  }

  /** A member whose value is handed over as it is written. */
  static Watch value(String name, int slot, int rawMax) {
    return new Watch(name, slot, rawMax, false, NOTHING);
  }

  /** A member of which only its members matter. */
  static Watch members(String name, int slot, Watch... members) {
    return new Watch(name, slot, 0, false, members);
  }

  /** A member whose members matter where it has some, and else where it stands. */
  static Watch scalarOrMembers(String name, int slot, Watch... members) {
    return new Watch(name, slot, 0, true, members);
  }

  boolean isValue() {
    return rawMax > 0;
  }

  /** Bytes of the longest name among the members; a longer key is none of them. */
  int longestName() {
    return members.length - 1;
  }

  /** The member with the name that stands at {@code from}, or null. */
  @Nullable Watch find(byte[] key, int from, int length) {
    if (length < members.length) {
      for (var member : members[length]) {
        if (matches(member.utf8, key, from)) {
          return member;
        }
      }
    }
    return null;
  }

  private static boolean matches(byte[] name, byte[] key, int from) {
    for (var i = 0; i < name.length; i++) {
      if (name[i] != key[from + i]) {
        return false;
      }
    }
    return true;
  }
}

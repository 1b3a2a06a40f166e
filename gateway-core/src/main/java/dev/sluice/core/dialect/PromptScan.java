package dev.sluice.core.dialect;

import static dev.sluice.core.dialect.PromptDraft.MESSAGES;
import static dev.sluice.core.dialect.PromptDraft.SYSTEM;
import static dev.sluice.core.dialect.PromptDraft.TOOLS;

import org.jspecify.annotations.Nullable;

/**
 * Finds where a prompt's cache entries end, while {@link RequestScan} reads the body. It refuses
 * nothing: a prompt that is not built as the provider's documents say has no layout, and the
 * provider says the rest. Confined to the scan.
 *
 * <p>The depth of a value says what it is: 1 is a member of the body, 2 a message, tool or block of
 * {@code system}, 4 a block of a message's content, 6 one of a {@code tool_result}'s.
 */
final class PromptScan {

  private static final int BODY = 1;
  private static final int IN_ITEM = 3;
  private static final int BLOCK = 4;
  private static final int IN_BLOCK = 5;
  private static final int INNER_BLOCK = 6;
  private static final int IN_INNER_BLOCK = 7;

  private static final int ANTHROPIC_SECONDS = 300;

  private final PromptShape shape;
  private final JsonMachine machine;
  private final PromptDraft draft = new PromptDraft();

  private boolean isBroken;
  private boolean isExplicitCache;
  private int tools;
  private int systemBlocks;
  private boolean isText;

  // The message at hand, or the last one.
  private int messages;
  private long roleAt;
  private long roleEnd;
  private boolean isLeadingRole;
  private long lastBlockEnd;
  private long lastMessageEnd;

  // Where the leading block of an unmarked prompt ends, and whether it may still grow.
  private long firstMessageEnd;
  private long leadingEnd;
  private boolean isLeading = true;

  // Of most bodies none is ever needed.
  private @Nullable Marker blockMarker;
  private @Nullable Marker innerMarker;
  private @Nullable Marker autoMarker;
  private @Nullable Marker current;

  private boolean isExplicitMode;
  private int optionsSeconds;

  /** A marker that was met in the block at hand. */
  private static final class Marker {
    boolean isMet;
    boolean isMarker;
    boolean isFirst;
    long from;
    long to;
    int seconds;
  }

  PromptScan(PromptShape shape, JsonMachine machine) {
    this.shape = shape;
    this.machine = machine;
  }

  // ---- values begin ----

  void begins(Watch watch, byte first) {
    if (isBroken) {
      return;
    }
    var depth = machine.depth();
    switch (watch.slot) {
      case RequestFields.TOOLS -> list(TOOLS, first, depth);
      case RequestFields.SYSTEM -> system(first, depth);
      case RequestFields.MESSAGES_LIST -> messages(first, depth);
      case RequestFields.ROLE -> {
        roleAt = machine.keyAt();
        roleEnd = 0;
      }
      case RequestFields.CONTENT -> {
        if (depth == IN_ITEM) {
          expect(first == '[' || first == '"' || first == 'n');
        } else {
          expect(first == '{');
        }
      }
      case RequestFields.TOOL_MARK, RequestFields.SYSTEM_MARK ->
          blockMarker = marker(blockMarker, first, depth == IN_ITEM);
      case RequestFields.BLOCK_MARK -> blockMarker = marker(blockMarker, first, depth == IN_BLOCK);
      case RequestFields.INNER_MARK ->
          innerMarker = marker(innerMarker, first, depth == IN_INNER_BLOCK);
      case RequestFields.AUTO_MARK -> autoMarker = marker(autoMarker, first, true);
      case RequestFields.CACHE_OPTIONS -> expect(first == '{' || first == 'n');
      case RequestFields.EXPLICIT_CACHE -> isExplicitCache |= first != 'n';
      default -> {
        if (watch.slot >= RequestFields.SHARED && first != 'n') {
          draft.sharedBegins(watch.slot - RequestFields.SHARED, machine.keyAt());
        }
      }
    }
  }

  private void expect(boolean isSo) {
    isBroken |= !isSo;
  }

  private void list(int region, byte first, int depth) {
    if (depth == BODY) {
      expect(first == '[' || first == 'n');
      if (first == '[') {
        draft.begins(region, machine.keyAt());
      }
    } else {
      expect(first == '{');
      tools++;
    }
  }

  private void system(byte first, int depth) {
    if (depth == BODY) {
      expect(
          first == 'n'
              || switch (shape) {
                case ANTHROPIC -> first == '"' || first == '[';
                case OPENAI -> first == '"';
                case GEMINI -> first == '{';
              });
      if (first != 'n') {
        draft.begins(SYSTEM, machine.keyAt());
        systemBlocks = first == '[' ? 0 : 1;
      }
    } else {
      expect(first == '{');
      systemBlocks++;
    }
  }

  private void messages(byte first, int depth) {
    if (depth == BODY) {
      expect(first == '[' || first == 'n' || (first == '"' && shape == PromptShape.OPENAI));
      isText = first == '"';
      if (first != 'n') {
        draft.begins(MESSAGES, machine.keyAt());
      }
    } else {
      expect(first == '{');
      messages++;
      roleAt = -1;
      isLeadingRole = false;
      lastBlockEnd = -1;
    }
  }

  private Marker marker(@Nullable Marker known, byte first, boolean isPlace) {
    var marker = known == null ? new Marker() : known;
    current = null;
    if (isPlace) {
      expect(first == '{' || first == 'n');
      current = marker;
      marker.isMet = true;
      marker.isMarker = first == '{';
      marker.isFirst = machine.commaAt() < 0;
      marker.from = marker.isFirst ? machine.keyAt() : machine.commaAt();
      marker.seconds = shape == PromptShape.ANTHROPIC ? ANTHROPIC_SECONDS : 0;
    }
    return marker;
  }

  // ---- values end ----

  void ends(Watch watch, long end, byte[] raw, int length) {
    if (isBroken) {
      return;
    }
    var depth = machine.depth();
    switch (watch.slot) {
      case RequestFields.TOOLS -> regionOrBlock(TOOLS, end, depth);
      case RequestFields.SYSTEM -> regionOrBlock(SYSTEM, end, depth);
      case RequestFields.MESSAGES_LIST -> {
        if (depth == BODY) {
          draft.ends(MESSAGES, end);
        } else {
          messageEnds(end);
        }
      }
      case RequestFields.ROLE -> {
        roleEnd = end;
        isLeadingRole = isLeading && isLeadingRole(raw, length);
      }
      case RequestFields.CONTENT -> {
        if (depth == BLOCK) {
          lastBlockEnd = end;
          blockEnds(blockMarker, MESSAGES, end);
        }
      }
      case RequestFields.INNER -> {
        if (depth == INNER_BLOCK) {
          blockEnds(innerMarker, MESSAGES, end);
        }
      }
      case RequestFields.TOOL_MARK,
          RequestFields.SYSTEM_MARK,
          RequestFields.BLOCK_MARK,
          RequestFields.INNER_MARK,
          RequestFields.AUTO_MARK -> {
        if (current != null) {
          current.to = end;
        }
      }
      case RequestFields.TTL -> {
        if (current != null) {
          current.seconds = seconds(raw, length, current.seconds);
        }
      }
      default -> {
        if (watch.slot >= RequestFields.SHARED) {
          sharedEnds(watch.slot, end, raw, length);
        }
      }
    }
  }

  private void sharedEnds(int slot, long end, byte[] raw, int length) {
    draft.sharedEnds(slot - RequestFields.SHARED, end);
    if (slot == RequestFields.MODE && shape == PromptShape.OPENAI) {
      isExplicitMode = length > 0 && "explicit".equals(JsonText.string(raw, length));
    } else if (slot == RequestFields.OPTIONS_TTL && shape == PromptShape.OPENAI) {
      optionsSeconds = seconds(raw, length, 0);
    }
  }

  private static boolean isLeadingRole(byte[] raw, int length) {
    // a user's, nearly always: not worth a string
    if (length < 2 || (raw[1] != 's' && raw[1] != 'd' && raw[1] != '\\')) {
      return false;
    }
    var role = JsonText.string(raw, length);
    return "system".equals(role) || "developer".equals(role);
  }

  private void regionOrBlock(int region, long end, int depth) {
    if (depth == BODY) {
      draft.ends(region, end);
    } else {
      blockEnds(blockMarker, region, end);
    }
  }

  private void blockEnds(@Nullable Marker marker, int region, long end) {
    if (marker == null || !marker.isMet) {
      return;
    }
    marker.isMet = false;
    var to = marker.to;
    if (marker.isFirst && machine.secondKeyAt() > 0) {
      to = machine.secondKeyAt();
    }
    expect(draft.cut(marker.from, to));
    if (marker.isMarker) {
      draft.mark(region, end, messages, marker.seconds, true);
      if (shape == PromptShape.OPENAI) {
        draft.keepLatest(PromptDraft.MARKS_MAX);
      } else {
        expect(draft.marks() <= PromptDraft.MARKS_MAX);
      }
    }
  }

  private void messageEnds(long end) {
    lastMessageEnd = end;
    if (roleAt >= 0) {
      draft.role(messages, roleAt, roleEnd);
    }
    if (messages == 1) {
      firstMessageEnd = end;
    }
    isLeading &= isLeadingRole;
    if (isLeading) {
      leadingEnd = end;
    }
  }

  /** A number and a unit, as in {@code 5m}; else as it was. */
  private static int seconds(byte[] raw, int length, int otherwise) {
    var text = length < 0 ? null : JsonText.string(raw, length);
    if (text == null || !text.matches("[1-9][0-9]{0,3}[smh]")) {
      return otherwise;
    }
    var count = Integer.parseInt(text, 0, text.length() - 1, 10);
    return switch (text.charAt(text.length() - 1)) {
      case 's' -> count;
      case 'm' -> count * 60;
      default -> count * 3_600;
    };
  }

  // ---- the body is whole ----

  /** What of the prompt is cached, or null. To be asked once, after a body that is sound. */
  @Nullable PromptLayout layout() {
    if (isBroken) {
      return null;
    }
    if (isExplicitCache) {
      return PromptLayout.EXPLICIT_CACHE;
    }
    if (machine.consumed() <= PromptLayout.BYTES_MIN) {
      return null;
    }
    if (tools == 0) {
      draft.drop(TOOLS);
    }
    if (systemBlocks == 0) {
      draft.drop(SYSTEM);
    }
    switch (shape) {
      case ANTHROPIC -> automatic();
      case OPENAI -> {
        draft.keepLatest(isExplicitMode ? PromptDraft.MARKS_MAX : PromptDraft.MARKS_MAX - 1);
        draft.lifetime(optionsSeconds);
        if (!isExplicitMode) {
          leading();
        }
      }
      case GEMINI -> leading();
    }
    return isBroken ? null : draft.layout();
  }

  private void automatic() {
    var marker = autoMarker;
    if (marker == null || !marker.isMarker || messages == 0) {
      return;
    }
    var end = lastBlockEnd > 0 ? lastBlockEnd : lastMessageEnd;
    if (!draft.hasMarkAt(end)) {
      draft.mark(MESSAGES, end, messages, marker.seconds, true);
      if (roleAt >= 0) {
        draft.role(messages, roleAt, roleEnd);
      }
    }
    expect(draft.marks() <= PromptDraft.MARKS_MAX);
  }

  private void leading() {
    if (leadingEnd > 0) {
      draft.mark(MESSAGES, leadingEnd, 0, optionsSeconds, false);
    } else if (draft.has(SYSTEM)) {
      draft.mark(SYSTEM, draft.end(SYSTEM), 0, optionsSeconds, false);
    } else if (draft.has(TOOLS)) {
      draft.mark(TOOLS, draft.end(TOOLS), 0, optionsSeconds, false);
    } else if (firstMessageEnd > 0) {
      draft.mark(MESSAGES, firstMessageEnd, 0, optionsSeconds, false);
    } else if (isText) {
      draft.mark(MESSAGES, draft.end(MESSAGES), 0, optionsSeconds, false);
    }
  }
}

package dev.sluice.core.dialect;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The beginnings of a prompt that its provider caches as entries, shortest first, as byte ranges of
 * the body that was scanned. Immutable.
 *
 * <p>A beginning is a list of <em>parts</em>: members that take part in the provider's key, then
 * tools, system and messages, whatever their order in the body. A part is a list of <em>spans</em>;
 * what lies between two spans of a part (a marker) is no content. So the same content is the same
 * list of parts, wherever earlier requests had their markers.
 *
 * @param entries shortest first; empty only with {@code isExplicitCache}
 * @param spans of the longest entry; each other entry is a beginning of the list
 * @param isExplicitCache whether the body names a cache that its client made (Gemini's {@code
 *     cachedContent})
 */
public record PromptLayout(List<Entry> entries, List<Span> spans, boolean isExplicitCache) {

  /** Below this no provider's smallest minimum, 512 tokens, can be met. */
  static final int BYTES_MIN = 1_024;

  static final PromptLayout EXPLICIT_CACHE = new PromptLayout(List.of(), List.of(), true);

  public PromptLayout {
    entries = List.copyOf(entries);
    spans = List.copyOf(spans);
  }

  /**
   * One beginning.
   *
   * @param spanCount how many of the layout's spans it is
   * @param tail a part that only this entry has: the role of its last message, where that stands
   *     behind the content; null where none does
   * @param bytes of all its spans, as written
   * @param lifetimeSeconds as the client asked for it; 0 is the provider's default
   * @param isMarked whether the client marked its end; else the gateway guesses what the provider
   *     finds again
   */
  public record Entry(
      int spanCount, @Nullable Span tail, long bytes, int lifetimeSeconds, boolean isMarked) {}

  /**
   * Bytes of the body that belong together.
   *
   * @param start offset of the first
   * @param end offset after the last
   * @param endsPart whether the next span belongs to another part
   */
  public record Span(long start, long end, boolean endsPart) {}
}

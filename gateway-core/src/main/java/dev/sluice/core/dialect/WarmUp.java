package dev.sluice.core.dialect;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * From a body that was scanned, the body of a request that makes its provider write or refresh one
 * of the entries, and costs as little else as possible. What belongs to the entry stands in it byte
 * by byte, markers included: the scan of the new body finds an entry of the same fingerprint.
 *
 * <p>It is not streamed. A {@code POST} of it belongs where the original went (Gemini: to {@code
 * generateContent}, for there the path says whether an answer is streamed).
 */
public final class WarmUp {

  private static final String USER = "{\"role\":\"user\",\"content\":\".\"}";

  private final ByteBuf body;
  private final RequestFacts facts;
  private final WarmUpSource source;
  private final long entryEnd;
  private final ByteBuf out;

  private WarmUp(
      ByteBuf body, RequestFacts facts, WarmUpSource source, long entryEnd, ByteBuf out) {
    this.body = body;
    this.facts = facts;
    this.source = source;
    this.entryEnd = entryEnd;
    this.out = out;
  }

  /**
   * The body of the warm-up; the caller owns it.
   *
   * @param dialect whose body it is
   * @param body as scanned, whole; only read
   * @param facts of that very body
   * @param entry number of an entry of its layout
   * @param hasPrewarm whether the model knows OpenAI's {@code prompt_cache_options.prewarm}
   * @return null where the provider has no such request, would refuse it, or it would change
   *     anything
   */
  public static @Nullable ByteBuf body(
      Dialect dialect, ByteBuf body, RequestFacts facts, int entry, boolean hasPrewarm) {
    var prompt = facts.prompt();
    if (prompt == null || entry >= prompt.entries().size()) {
      return null;
    }
    var isLast = entry == prompt.entries().size() - 1;
    var chosen = prompt.entries().get(entry);
    var end = prompt.spans().get(chosen.spanCount() - 1).end();
    var out = body.alloc().buffer(Math.toIntExact(Math.min(chosen.bytes(), facts.bodyBytes())));
    var isMade = false;
    try {
      isMade =
          switch (dialect) {
            case AnthropicMessages _ ->
                facts.model() != null
                    && of(WarmUpSource.MESSAGES, body, facts, end, out).anthropic(isLast);
            case OpenAiChat _ ->
                facts.model() != null && of(WarmUpSource.CHAT, body, facts, end, out).chat();
            case OpenAiResponses _ ->
                facts.model() != null
                    && of(WarmUpSource.RESPONSES, body, facts, end, out).responses(hasPrewarm);
            case Gemini _ -> of(WarmUpSource.GEMINI, body, facts, end, out).gemini();
            case OpenAiPassthrough _ -> false;
          };
      return isMade ? out : null;
    } finally {
      if (!isMade) {
        out.release();
      }
    }
  }

  private static WarmUp of(
      Watch root, ByteBuf body, RequestFacts facts, long entryEnd, ByteBuf out) {
    return new WarmUp(body, facts, new WarmUpSource(body, root, entryEnd), entryEnd, out);
  }

  // ---- one form for each API; false where there is none ----

  /**
   * {@code max_tokens: 0}, which is refused together with thinking, a format of the output, and a
   * forced tool. Messages go on to the end of the next one of a user: results of tools stay
   * complete, and the last word is not the model's.
   */
  private boolean anthropic(boolean isLast) {
    if (source.thinks() || source.has(WarmUpSource.FORMAT)) {
      return false;
    }
    var isInTools = source.endsWithin(WarmUpSource.TOOLS);
    var isInSystem = source.endsWithin(WarmUpSource.SYSTEM);
    begin();
    text(",\"max_tokens\":0");
    for (var slot = WarmUpSource.SYSTEM + 1; slot < WarmUpSource.COPIED; slot++) {
      member(slot);
    }
    if (isInTools) {
      list(WarmUpSource.TOOLS, entryEnd, "");
    } else {
      member(WarmUpSource.TOOLS);
      if (isInSystem) {
        list(WarmUpSource.SYSTEM, entryEnd, "");
      } else {
        member(WarmUpSource.SYSTEM);
      }
    }
    if (isInTools || isInSystem) {
      text(",\"messages\":[" + USER + "]}");
      return true;
    }
    if (source.forcesTool() || source.lastEnd == 0) {
      return false;
    }
    member(WarmUpSource.TOOL_CHOICE);
    // The marker of the whole body is that of the last entry.
    var isAutomatic = isLast && source.has(WarmUpSource.TOP_MARK);
    if (isAutomatic) {
      member(WarmUpSource.TOP_MARK);
    }
    list(WarmUpSource.LIST, isAutomatic || source.cutEnd == 0 ? source.lastEnd : source.cutEnd, "");
    text("}");
    return true;
  }

  private boolean chat() {
    begin();
    text(",\"max_completion_tokens\":1");
    copied();
    member(WarmUpSource.CACHE_OPTIONS);
    return listOfOpenAi("messages", "," + USER);
  }

  private boolean responses(boolean hasPrewarm) {
    // a conversation would be added to
    if (source.has(WarmUpSource.CONVERSATION)) {
      return false;
    }
    begin();
    text(",\"store\":false");
    copied();
    if (!hasPrewarm) {
      text(",\"max_output_tokens\":16");
      member(WarmUpSource.CACHE_OPTIONS);
      return listOfOpenAi("input", "," + USER);
    }
    if (source.saysPrewarm()) {
      return false;
    }
    text(",\"prompt_cache_options\":{\"prewarm\":true");
    if (source.has(WarmUpSource.CACHE_OPTIONS)) {
      options();
    } else {
      text("}");
    }
    return listOfOpenAi("input", "");
  }

  /** The rest of the client's options, behind their opening brace. */
  private void options() {
    var from = source.start(WarmUpSource.CACHE_OPTIONS) + 1;
    var rest = from;
    while (isSpace(body.getByte(index(rest)))) {
      rest++;
    }
    if (body.getByte(index(rest)) != '}') {
      text(",");
    }
    bytes(rest, source.end(WarmUpSource.CACHE_OPTIONS));
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\t' || b == '\n' || b == '\r';
  }

  /**
   * The messages that the entry needs. One that ends in an answer or in the result of a tool could
   * be an incomplete pair, which is refused.
   *
   * @param more what follows them
   */
  private boolean listOfOpenAi(String name, String more) {
    if (!source.endsWithin(WarmUpSource.LIST)) {
      text(",\"" + name + "\":[" + USER + "]}");
      return true;
    }
    if (source.lastEnd == 0) {
      // a text, whole
      member(WarmUpSource.LIST);
    } else {
      var role = source.cutRole;
      if (!"user".equals(role) && !"system".equals(role) && !"developer".equals(role)) {
        return false;
      }
      list(WarmUpSource.LIST, source.cutEnd, more);
    }
    text("}");
    return true;
  }

  private boolean gemini() {
    text("{\"generationConfig\":{\"maxOutputTokens\":1}");
    copied();
    if (source.endsWithin(WarmUpSource.LIST)) {
      list(WarmUpSource.LIST, entryEnd, "");
      text("}");
    } else {
      text(",\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\".\"}]}]}");
    }
    return true;
  }

  // ---- pieces ----

  private void begin() {
    text("{\"model\":" + JsonText.quoted(Objects.requireNonNull(facts.model())));
  }

  private void copied() {
    for (var slot = WarmUpSource.TOOLS; slot < WarmUpSource.COPIED; slot++) {
      member(slot);
    }
  }

  private void member(int slot) {
    if (source.has(slot)) {
      text(",");
      bytes(source.key(slot), source.end(slot));
    }
  }

  /** A list up to an offset behind one of its elements. */
  private void list(int slot, long to, String more) {
    text(",");
    bytes(source.key(slot), to);
    text(more + "]");
  }

  private void text(String text) {
    out.writeCharSequence(text, StandardCharsets.UTF_8);
  }

  private void bytes(long from, long to) {
    out.writeBytes(body, index(from), Math.toIntExact(to - from));
  }

  private int index(long offset) {
    return body.readerIndex() + Math.toIntExact(offset);
  }
}

package dev.sluice.core.dialect;

import org.jspecify.annotations.Nullable;

/**
 * What the streaming scan found in a request body.
 *
 * @param model the model asked for, or null where the body names none
 * @param stream whether the body asks for an event stream
 * @param outputCap tokens that the client allows as output, or -1
 * @param usageAsk where and how the body asks for usage in its stream; null where the dialect does
 *     not ask that way
 * @param bodyBytes length of the body in bytes
 * @param prompt what of the prompt the provider caches; null where that is nothing, or too little
 */
public record RequestFacts(
    @Nullable String model,
    boolean stream,
    long outputCap,
    @Nullable UsageAsk usageAsk,
    long bodyBytes,
    @Nullable PromptLayout prompt) {

  public static final RequestFacts NONE = new RequestFacts(null, false, -1, null, 0, null);

  /**
   * OpenAI's {@code stream_options.include_usage}, as found.
   *
   * @param state what the client wrote
   * @param at byte offset in the body at which {@link BodyEdit} acts: behind the opening brace of
   *     the body (ABSENT) or of {@code stream_options} (NO_MEMBER, EMPTY), or the first byte of the
   *     value to replace (OFF: {@code false} or {@code null}; NULL: the {@code null} of {@code
   *     stream_options})
   * @param length bytes to replace at {@code at}; 0 for an insertion
   */
  public record UsageAsk(State state, long at, int length) {
    /** What the client wrote. */
    public enum State {
      /** {@code include_usage: true}: nothing to do, nothing to swallow. */
      ASKED,
      /** No {@code stream_options}. */
      ABSENT,
      /** {@code stream_options} is {@code null}. */
      NULL,
      /** {@code stream_options} is an empty object. */
      EMPTY,
      /** {@code stream_options} has members, but not {@code include_usage}. */
      NO_MEMBER,
      /** {@code include_usage} is {@code false} or {@code null}. */
      OFF
    }
  }
}

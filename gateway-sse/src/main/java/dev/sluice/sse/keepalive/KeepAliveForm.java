package dev.sluice.sse.keepalive;

import org.jspecify.annotations.Nullable;

/**
 * What a dialect's clients take in a silence.
 *
 * @param nativeEvent the dialect's own keep-alive event, whole, or null where it has none; not to
 *     be modified
 * @param bareCommentAfterId whether, once an {@code id:} line has been seen, a comment must stand
 *     without a blank line: openai-python dispatches an empty event at a blank line if an id was
 *     ever seen, and fails on it (openai/openai-python#2722)
 */
public record KeepAliveForm(byte @Nullable [] nativeEvent, boolean bareCommentAfterId) {}

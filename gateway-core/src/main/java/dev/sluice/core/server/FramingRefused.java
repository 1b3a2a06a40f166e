package dev.sluice.core.server;

import dev.sluice.core.dialect.Refusal;
import org.jspecify.annotations.Nullable;

/**
 * What the decoder says instead of a request, or instead of the rest of one: the connection is read
 * no further.
 *
 * @param target raw request target as far as it is known, for the envelope of the answer
 */
record FramingRefused(@Nullable String target, Refusal refusal) {}

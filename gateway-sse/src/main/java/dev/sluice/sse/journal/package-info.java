/** The append-only answer of one paid call, and those who read it. */
@NullMarked
package dev.sluice.sse.journal;

import org.jspecify.annotations.NullMarked;

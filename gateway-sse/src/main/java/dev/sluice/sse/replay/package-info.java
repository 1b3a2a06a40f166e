/** Answers that outlive their first reader: what is held, for how long, and who may fetch it. */
@NullMarked
package dev.sluice.sse.replay;

import org.jspecify.annotations.NullMarked;

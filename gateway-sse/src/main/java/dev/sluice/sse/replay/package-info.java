/** Finished answers that can still be read, and who may. */
@NullMarked
package dev.sluice.sse.replay;

import org.jspecify.annotations.NullMarked;

/** Calls whose bill is known by other means than the gateway's, and the comparison of the two. */
@NullMarked
package dev.sluice.it.invoice;

import org.jspecify.annotations.NullMarked;

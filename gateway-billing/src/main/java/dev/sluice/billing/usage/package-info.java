/** Tokens as they are billed, in meters that do not overlap, and money. */
@NullMarked
package dev.sluice.billing.usage;

import org.jspecify.annotations.NullMarked;

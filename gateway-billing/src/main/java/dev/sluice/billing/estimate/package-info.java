/** Guesses about tokens, treated as guesses. */
@NullMarked
package dev.sluice.billing.estimate;

import org.jspecify.annotations.NullMarked;

/**
 * Prompt cache entries that are renewed by the gateway itself, as far as that is the flow's
 * business: what a registered request would have cached, and the calls that renew it.
 */
@NullMarked
package dev.sluice.core.refresh;

import org.jspecify.annotations.NullMarked;

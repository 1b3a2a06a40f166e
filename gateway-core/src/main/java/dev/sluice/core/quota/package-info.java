/**
 * A provider's limits as a call meets them: which apply, and how they are told in both directions.
 */
@NullMarked
package dev.sluice.core.quota;

import org.jspecify.annotations.NullMarked;

/** Who pays. */
@NullMarked
package dev.sluice.billing.team;

import org.jspecify.annotations.NullMarked;

/** What tokens cost: versioned rows that explain their sums. */
@NullMarked
package dev.sluice.billing.price;

import org.jspecify.annotations.NullMarked;

/** What may be spent in a day or a month. */
@NullMarked
package dev.sluice.billing.budget;

import org.jspecify.annotations.NullMarked;

/** What is known of an ended call, and who wants to hear of it. */
@NullMarked
package dev.sluice.billing.ledger;

import org.jspecify.annotations.NullMarked;

/** The ledger as people and scrapers see it. */
@NullMarked
package dev.sluice.admin.ledger;

import org.jspecify.annotations.NullMarked;

/** The ledger against what a provider says it will bill. */
@NullMarked
package dev.sluice.admin.reconcile;

import org.jspecify.annotations.NullMarked;

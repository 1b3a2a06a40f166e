/** Teams, keys, quotas and budgets that change while the gateway runs, and who changed them. */
@NullMarked
package dev.sluice.billing.account;

import org.jspecify.annotations.NullMarked;

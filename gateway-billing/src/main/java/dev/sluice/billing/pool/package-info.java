/** What limits a provider account, what each team's part of it is, and how buckets count. */
@NullMarked
package dev.sluice.billing.pool;

import org.jspecify.annotations.NullMarked;

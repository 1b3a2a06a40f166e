/** Providers' limits and teams' shares, as people and metrics see them. */
@NullMarked
package dev.sluice.admin.quota;

import org.jspecify.annotations.NullMarked;

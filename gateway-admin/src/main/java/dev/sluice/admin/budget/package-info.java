/** Budgets at work: what they begin with, and how they stand. */
@NullMarked
package dev.sluice.admin.budget;

import org.jspecify.annotations.NullMarked;

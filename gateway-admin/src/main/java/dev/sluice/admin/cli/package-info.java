/** The commands of {@code bin/gateway}, one file each. */
@NullMarked
package dev.sluice.admin.cli;

import org.jspecify.annotations.NullMarked;

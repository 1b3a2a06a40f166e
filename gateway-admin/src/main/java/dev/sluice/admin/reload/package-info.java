/** A configuration file that changes while the gateway runs. */
@NullMarked
package dev.sluice.admin.reload;

import org.jspecify.annotations.NullMarked;

/** Log lines on their way out, without anyone waiting for them. */
@NullMarked
package dev.sluice.admin.log;

import org.jspecify.annotations.NullMarked;

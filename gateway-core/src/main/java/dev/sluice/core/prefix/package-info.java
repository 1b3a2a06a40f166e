/** One writer for a prompt cache entry. */
@NullMarked
package dev.sluice.core.prefix;

import org.jspecify.annotations.NullMarked;

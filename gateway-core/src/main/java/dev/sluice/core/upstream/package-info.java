/** Connections to providers. */
@NullMarked
package dev.sluice.core.upstream;

import org.jspecify.annotations.NullMarked;

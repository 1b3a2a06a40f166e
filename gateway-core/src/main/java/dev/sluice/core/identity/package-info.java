/** Which team asks, and which call it is. */
@NullMarked
package dev.sluice.core.identity;

import org.jspecify.annotations.NullMarked;

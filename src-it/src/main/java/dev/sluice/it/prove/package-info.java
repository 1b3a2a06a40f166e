/** Every promise has a command: {@code src-it/prove NAME} plays it against the built program. */
@NullMarked
package dev.sluice.it.prove;

import org.jspecify.annotations.NullMarked;

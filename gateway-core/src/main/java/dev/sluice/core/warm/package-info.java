/**
 * Keeping prompt cache entries alive while that costs less than writing them again. Knows the JDK,
 * prices and teams; what is cached and how a refresh is sent is handed to it.
 */
@NullMarked
package dev.sluice.core.warm;

import org.jspecify.annotations.NullMarked;

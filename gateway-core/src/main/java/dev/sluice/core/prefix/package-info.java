/**
 * One writer for a prompt cache entry: what the gateway believes of caches that it cannot look
 * into, and who waits for whom.
 */
@NullMarked
package dev.sluice.core.prefix;

import org.jspecify.annotations.NullMarked;

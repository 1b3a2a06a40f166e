/**
 * Event streams as bytes: where an event ends, and how a comment is written (WHATWG HTML, section
 * 9.2).
 */
@NullMarked
package dev.sluice.sse.codec;

import org.jspecify.annotations.NullMarked;

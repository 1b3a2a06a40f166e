/** What is written when a journal is silent, and one timer structure per event loop. */
@NullMarked
package dev.sluice.sse.keepalive;

import org.jspecify.annotations.NullMarked;

/** Client connections: bytes to HTTP and back; decides nothing. */
@NullMarked
package dev.sluice.core.server;

import org.jspecify.annotations.NullMarked;

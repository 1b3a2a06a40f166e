/** Call records as metrics and log lines. */
@NullMarked
package dev.sluice.core.telemetry;

import org.jspecify.annotations.NullMarked;

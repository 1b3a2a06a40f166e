/** Main and the wiring: the only place that knows every room. */
@NullMarked
package dev.sluice.admin;

import org.jspecify.annotations.NullMarked;

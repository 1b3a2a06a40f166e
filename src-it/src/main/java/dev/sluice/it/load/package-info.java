/** A load client of our own: no coordinated omission, strict about how answers end. */
@NullMarked
package dev.sluice.it.load;

import org.jspecify.annotations.NullMarked;

/** Benchmarks of the parts that every byte passes. */
@NullMarked
package dev.sluice.it.jmh;

import org.jspecify.annotations.NullMarked;

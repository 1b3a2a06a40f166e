/** What the tests of all modules share: a buffer that is not released fails them. */
@NullMarked
package dev.sluice.leaks;

import org.jspecify.annotations.NullMarked;

/** Whether the program runs, and whether it wants requests. */
@NullMarked
package dev.sluice.admin.health;

import org.jspecify.annotations.NullMarked;

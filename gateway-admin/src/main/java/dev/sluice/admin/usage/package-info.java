/** What was used and spent, in the forms that people and their programs read. */
@NullMarked
package dev.sluice.admin.usage;

import org.jspecify.annotations.NullMarked;

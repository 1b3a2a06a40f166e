/** Prompt prefixes that people have registered, on disk. */
@NullMarked
package dev.sluice.admin.prefix;

import org.jspecify.annotations.NullMarked;

/**
 * What of prompt prefixes is on disk: those that people have registered, what is spent on them, and
 * the secret of ids.
 */
@NullMarked
package dev.sluice.admin.prefix;

import org.jspecify.annotations.NullMarked;

/** What is particular to each provider's API: paths, fields, usage, errors. */
@NullMarked
package dev.sluice.core.dialect;

import org.jspecify.annotations.NullMarked;

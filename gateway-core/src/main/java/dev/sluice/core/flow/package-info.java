/** The life of a request, in one file: {@link dev.sluice.core.flow.RequestFlow}. */
@NullMarked
package dev.sluice.core.flow;

import org.jspecify.annotations.NullMarked;

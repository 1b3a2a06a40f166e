/** May this call go now? One decision, one reservation, settled once. */
@NullMarked
package dev.sluice.billing.admission;

import org.jspecify.annotations.NullMarked;

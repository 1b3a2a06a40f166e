package dev.sluice.admin.prefix;

import dev.sluice.core.telemetry.MeterName;
import dev.sluice.core.telemetry.Meters;
import dev.sluice.core.warm.KeepWarm;
import dev.sluice.core.warm.WarmFigures;

/** What keeping prefixes warm has cost and saved, at each scrape. */
public final class KeepWarmMeters {

  private KeepWarmMeters() {}

  /** Shows them from now on. */
  public static void show(Meters meters, KeepWarm keepWarm) {
    WarmFigures figures = keepWarm.figures();
    meters.countDollars(MeterName.KEEP_WARM_COST, figures::costNanoUsd);
    meters.countDollars(MeterName.KEEP_WARM_SAVED, figures::savedNanoUsd);
    meters.count(MeterName.KEEP_WARM_REFRESHES, figures::read, "read");
    meters.count(MeterName.KEEP_WARM_REFRESHES, figures::wrote, "wrote");
    meters.count(MeterName.KEEP_WARM_REFRESHES, figures::failed, "failed");
    meters.count(MeterName.KEEP_WARM_REFRESHES, figures::overBudget, "over_budget");
    meters.gauge(MeterName.KEEP_WARM_BOOKING, () -> keepWarm.isBooking() ? 1 : 0);
  }
}

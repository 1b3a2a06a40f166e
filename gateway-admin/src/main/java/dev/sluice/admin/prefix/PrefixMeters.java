package dev.sluice.admin.prefix;

import dev.sluice.core.refresh.PrefixFigures;
import dev.sluice.core.telemetry.MeterName;
import dev.sluice.core.telemetry.Meters;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * Registered prefixes as metrics. A series is there from when its prefix is first seen, and says 0
 * once that is registered no more. Confined to scrapes, which follow one another.
 */
public final class PrefixMeters {

  private final Meters meters;
  private final Supplier<Map<String, PrefixFigures>> figures;
  private final Set<String> shown = new HashSet<>();
  private volatile Map<String, PrefixFigures> latest = Map.of();

  /**
   * Shows them from now on.
   *
   * @param figures of all prefixes, those with a name among them
   */
  public PrefixMeters(Meters meters, Supplier<Map<String, PrefixFigures>> figures) {
    this.meters = meters;
    this.figures = figures;
    meters.beforeScrape(this::look);
  }

  private void look() {
    Map<String, PrefixFigures> named = new HashMap<>();
    for (PrefixFigures each : figures.get().values()) {
      String name = each.name();
      if (name != null) {
        named.put(name, each);
        if (shown.add(name)) {
          register(name);
        }
      }
    }
    latest = Map.copyOf(named);
  }

  private void register(String name) {
    meters.gauge(MeterName.PREFIX_STATE, () -> of(name, PrefixMeters::state), name);
    meters.count(MeterName.PREFIX_WRITES, () -> of(name, PrefixFigures::writes), name);
    meters.countDollars(MeterName.PREFIX_WASTE, () -> of(name, PrefixFigures::wasted), name);
    meters.countDollars(MeterName.PREFIX_SAVED, () -> of(name, PrefixFigures::saved), name);
  }

  private static long state(PrefixFigures figures) {
    return switch (figures.state()) {
      case "warming" -> 1;
      case "warm" -> 2;
      case "suspect" -> 3;
      default -> 0;
    };
  }

  private long of(String name, ToLongFunction<PrefixFigures> part) {
    PrefixFigures of = latest.get(name);
    return of == null ? 0 : part.applyAsLong(of);
  }
}

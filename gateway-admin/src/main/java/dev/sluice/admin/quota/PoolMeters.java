package dev.sluice.admin.quota;

import dev.sluice.billing.admission.Limit;
import dev.sluice.billing.admission.PoolView;
import dev.sluice.billing.admission.PoolView.MeterView;
import dev.sluice.billing.admission.PoolView.TeamView;
import dev.sluice.core.telemetry.MeterName;
import dev.sluice.core.telemetry.Meters;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

/**
 * The pools' own counters as metrics. They are asked once at the beginning of each scrape; a series
 * is registered when its pool, team or limit is first seen, and teams and pools come from the
 * configuration, so their number is bounded. Confined to scrapes, which follow one another.
 */
public final class PoolMeters {

  private static final String PROVIDER = "provider";
  private static final double NANOS_PER_SECOND = 1e9;

  private final Meters meters;
  private final PoolPictures pictures;
  private final Set<String> known = new HashSet<>();
  private volatile Map<String, PoolView> latest = Map.of();

  public PoolMeters(Meters meters, PoolPictures pictures) {
    this.meters = meters;
    this.pictures = pictures;
    meters.beforeScrape(this::look);
  }

  private void look() {
    Map<String, PoolView> views = new HashMap<>();
    for (PoolView view : pictures.all()) {
      views.put(view.name(), view);
    }
    latest = views;
    views.values().forEach(this::register);
  }

  private void register(PoolView view) {
    String pool = view.name();
    once(
        () ->
            meters.gauge(
                MeterName.POOL_PAUSED,
                () -> ofPool(pool, PoolView::pausedNanos) / NANOS_PER_SECOND,
                pool),
        pool);
    for (MeterView meter : view.meters()) {
      String limit = meter.counts().label();
      once(
          () -> {
            meters.gauge(
                MeterName.POOL_LEVEL, () -> ofMeter(pool, limit, MeterView::level), pool, limit);
            meters.gauge(
                MeterName.POOL_RATE,
                () -> ofMeter(pool, limit, MeterView::effectivePerMinute),
                pool,
                limit);
          },
          pool,
          "limit",
          limit);
    }
    for (TeamView team : view.teams()) {
      register(pool, team);
    }
  }

  private void register(String pool, TeamView seen) {
    String team = seen.team().name();
    once(
        () -> {
          meters.gauge(
              MeterName.POOL_WAITING, () -> ofTeam(pool, team, TeamView::waiting), pool, team);
          count(
              MeterName.POOL_TOKENS,
              pool,
              team,
              t -> t.servedTokens() - t.borrowedTokens(),
              "guaranteed");
          count(MeterName.POOL_TOKENS, pool, team, TeamView::borrowedTokens, "borrowed");
          count(MeterName.POOL_SHADOW, pool, team, TeamView::wouldHaveWaited, "wait");
          count(MeterName.POOL_SHADOW, pool, team, TeamView::wouldHaveRefused, "refuse");
          blame(pool, team, PROVIDER, TeamView::blamedOnProvider);
        },
        pool,
        "team",
        team);
    for (Limit limit : seen.refused().keySet()) {
      once(
          () ->
              count(
                  MeterName.POOL_REFUSED,
                  pool,
                  team,
                  t -> t.refused().getOrDefault(limit, 0L),
                  limit.label()),
          pool,
          "refused",
          team,
          limit.label());
    }
    for (var cause : seen.blamedOnTeams().keySet()) {
      once(
          () -> blame(pool, team, cause.name(), t -> t.blamedOnTeams().getOrDefault(cause, 0L)),
          pool,
          "blame",
          team,
          cause.name());
    }
  }

  private void count(
      MeterName name, String pool, String team, ToLongFunction<TeamView> part, String last) {
    meters.count(name, rising(() -> ofTeam(pool, team, part)), pool, team, last);
  }

  private void blame(String pool, String victim, String cause, ToLongFunction<TeamView> nanos) {
    meters.countSeconds(
        MeterName.BLAME, rising(() -> ofTeam(pool, victim, nanos)), pool, victim, cause);
  }

  /** A refund makes a sum fall for a moment; a counter that falls is read as a restart. */
  private static LongSupplier rising(LongSupplier value) {
    return new LongSupplier() {
      private long highest;

      @Override
      public long getAsLong() {
        highest = Math.max(highest, value.getAsLong());
        return highest;
      }
    };
  }

  private void once(Runnable registration, String... name) {
    if (known.add(String.join("\n", name))) {
      registration.run();
    }
  }

  private long ofPool(String pool, ToLongFunction<PoolView> part) {
    PoolView view = latest.get(pool);
    return view == null ? 0 : part.applyAsLong(view);
  }

  private long ofMeter(String pool, String limit, ToLongFunction<MeterView> part) {
    return ofPool(
        pool,
        view ->
            view.meters().stream()
                .filter(meter -> meter.counts().label().equals(limit))
                .mapToLong(part)
                .sum());
  }

  private long ofTeam(String pool, String team, ToLongFunction<TeamView> part) {
    return ofPool(
        pool,
        view ->
            view.teams().stream()
                .filter(each -> each.team().name().equals(team))
                .mapToLong(part)
                .sum());
  }
}

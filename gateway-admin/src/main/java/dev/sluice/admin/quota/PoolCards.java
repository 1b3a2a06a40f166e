package dev.sluice.admin.quota;

import dev.sluice.billing.admission.Pool;
import dev.sluice.billing.admission.PoolView;
import dev.sluice.billing.admission.PoolView.MeterView;
import dev.sluice.billing.admission.PoolView.TeamView;
import dev.sluice.billing.estimate.DriftView;
import dev.sluice.billing.pool.Quota;
import dev.sluice.billing.pool.QuotaPromise;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Pools and drift as the admin port shows them: names, seconds and whole numbers. */
public final class PoolCards {

  private static final double NANOS_PER_SECOND = 1e9;

  /**
   * A pool.
   *
   * @param pausedSeconds that are left of a pause the provider asked for
   */
  public record PoolCard(
      String name,
      String mode,
      double pausedSeconds,
      long reservedTokens,
      List<MeterCard> limits,
      List<TeamCard> teams) {}

  /** One limit. */
  public record MeterCard(
      String counts, long level, long burst, long perMinute, long effectivePerMinute) {}

  /**
   * A team's share, what it promises, and how it goes.
   *
   * @param blamedSeconds by team that was served beyond its guarantee meanwhile, or {@code
   *     provider}
   */
  public record TeamCard(
      String team,
      long guaranteedPerMinute,
      long ceilingPerMinute,
      long burst,
      double worstWaitSeconds,
      int weight,
      String lane,
      String mode,
      long guaranteedLevel,
      int waiting,
      long tokensWaiting,
      double oldestWaitSeconds,
      long admitted,
      long servedTokens,
      long borrowedTokens,
      Map<String, Long> refused,
      long wouldHaveWaited,
      long wouldHaveRefused,
      double waitedSeconds,
      Map<String, Double> blamedSeconds) {}

  /**
   * How good the estimates of one kind of calls are.
   *
   * @param ratio by which the gateway's own count is multiplied
   * @param spread mean error of late: 0.05 is 5 %
   * @param lastAlarm when the provider's count last jumped up, or null
   */
  public record DriftCard(
      String provider,
      @Nullable String model,
      String content,
      long requests,
      double ratio,
      double spread,
      long alarms,
      @Nullable String lastAlarm) {}

  private final PoolPictures pictures;

  public PoolCards(PoolPictures pictures) {
    this.pictures = pictures;
  }

  public List<?> all() {
    return pictures.all().stream().map(this::card).filter(Objects::nonNull).toList();
  }

  public @Nullable Object one(String name) {
    PoolView view = pictures.one(name);
    return view == null ? null : card(view);
  }

  public static DriftCard drift(DriftView cell) {
    return new DriftCard(
        cell.provider(),
        cell.model(),
        lower(cell.contentClass()),
        cell.requests(),
        rounded(cell.ratio()),
        rounded(cell.spread()),
        cell.alarms(),
        cell.alarms() == 0 ? null : Instant.ofEpochMilli(cell.lastAlarmEpochMillis()).toString());
  }

  private @Nullable PoolCard card(PoolView view) {
    Pool pool = pictures.pool(view.name());
    return pool == null
        ? null // removed meanwhile
        : new PoolCard(
            view.name(),
            lower(view.mode()),
            view.pausedNanos() / NANOS_PER_SECOND,
            view.reservedTokens(),
            view.meters().stream().map(PoolCards::card).toList(),
            view.teams().stream()
                .map(team -> card(team, pool.settings().promise(team.team())))
                .toList());
  }

  private static MeterCard card(MeterView meter) {
    return new MeterCard(
        meter.counts().label(),
        meter.level(),
        meter.burst(),
        meter.perMinute(),
        meter.effectivePerMinute());
  }

  private static TeamCard card(TeamView team, QuotaPromise promise) {
    Quota quota = team.quota();
    Map<String, Long> refused = new LinkedHashMap<>();
    team.refused().forEach((limit, count) -> refused.put(limit.label(), count));
    Map<String, Double> blamed = new LinkedHashMap<>();
    team.blamedOnTeams().forEach((cause, nanos) -> blamed.put(cause.name(), seconds(nanos)));
    if (team.blamedOnProvider() > 0) {
      blamed.put("provider", seconds(team.blamedOnProvider()));
    }
    return new TeamCard(
        team.team().name(),
        promise.guaranteedPerMinute(),
        promise.ceilingPerMinute(),
        promise.burst(),
        promise.worstWaitWithinGuarantee().toMillis() / 1e3,
        quota.weight(),
        lower(quota.lane()),
        lower(quota.mode()),
        team.guaranteedLevel(),
        team.waiting(),
        team.tokensWaiting(),
        seconds(team.oldestWaitNanos()),
        team.admitted(),
        team.servedTokens(),
        team.borrowedTokens(),
        refused,
        team.wouldHaveWaited(),
        team.wouldHaveRefused(),
        seconds(team.waitedNanos()),
        blamed);
  }

  private static double seconds(long nanos) {
    return nanos / NANOS_PER_SECOND;
  }

  private static double rounded(double value) {
    return Math.round(value * 1e4) / 1e4;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}

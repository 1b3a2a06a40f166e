package dev.sluice.admin.api;

import dev.sluice.admin.prefix.PrefixStore.Stored;
import dev.sluice.core.refresh.PrefixFigures;
import dev.sluice.core.warm.KeepWarm;
import dev.sluice.core.warm.KnownPrefix;
import dev.sluice.core.warm.PrefixPrice;
import dev.sluice.core.warm.PrefixReader.Cacheable;
import dev.sluice.core.warm.PrefixReader.NotCacheable;
import dev.sluice.core.warm.PrefixReader.Reading;
import dev.sluice.core.warm.RegisteredPrefix;
import dev.sluice.core.warm.WarmOrder;
import dev.sluice.core.warm.WarmSchedule;
import dev.sluice.core.warm.WarmSpending;
import dev.sluice.core.warm.WarmTargets;
import java.math.BigDecimal;
import java.time.LocalTime;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What is shown of prefixes; never anything of a prompt. Any thread but an event loop. */
public final class PrefixCards {

  private static final int NANO_PLACES = 9;
  private static final double NANOS_PER_SECOND = 1e9;

  /**
   * A prefix. Amounts of dollars are exact, as texts.
   *
   * @param name null for one that only traffic has shown, as everything that only a registration
   *     says
   * @param id tells prefixes apart; null where the request is not cacheable any more
   * @param requestBytes length of the registered request
   * @param gateInEffect what the gate does about it
   * @param state {@code cold}, {@code warming}, {@code warm} or {@code suspect}, as believed
   * @param warmSeconds life that is left; null where it is cold
   * @param refreshesMax after a use, until it has cost as much as a write; null without a price,
   *     like the next two
   * @param spentUsd today, in UTC
   * @param traffic what clients' calls did with it; null before the first
   * @param obstacle why nothing is refreshed whatever was wished; null where nothing is in the way
   */
  record PrefixCard(
      @Nullable String name,
      String source,
      @Nullable String id,
      @Nullable String route,
      @Nullable String team,
      @Nullable String provider,
      @Nullable String model,
      @Nullable Long tokens,
      @Nullable Integer requestBytes,
      @Nullable String gate,
      @Nullable Boolean keepWarm,
      List<HoursCard> schedules,
      @Nullable String budgetUsdPerDay,
      @Nullable String gateInEffect,
      String state,
      @Nullable Double warmSeconds,
      @Nullable Double lifetimeSeconds,
      @Nullable Long refreshesMax,
      @Nullable String refreshUsd,
      @Nullable String writeUsd,
      @Nullable String spentUsd,
      @Nullable TrafficCard traffic,
      @Nullable String obstacle,
      @Nullable String etag) {

    /** Registered ones first: no name begins with this. */
    String place() {
      return name == null ? "~" + id : name;
    }
  }

  /** See {@link PrefixFigures}. */
  record TrafficCard(
      long calls,
      long writes,
      long readTokens,
      long writtenTokens,
      long followers,
      long bypasses,
      long evictions,
      @Nullable String wastedUsd,
      @Nullable String savedUsd) {

    static TrafficCard of(PrefixFigures figures) {
      return new TrafficCard(
          figures.calls(),
          figures.writes(),
          figures.readTokens(),
          figures.writtenTokens(),
          figures.followers(),
          figures.bypasses(),
          figures.evictions(),
          dollars(figures.wasted()),
          dollars(figures.saved()));
    }
  }

  /** See {@link WarmSchedule}. */
  record HoursCard(
      String before,
      @Nullable String until,
      String timeZone,
      List<String> days,
      long jitterSeconds) {

    static HoursCard of(WarmSchedule schedule) {
      LocalTime until = schedule.keepUntil();
      return new HoursCard(
          schedule.warmBefore().toString(),
          until == null ? null : until.toString(),
          schedule.zone().getId(),
          schedule.days().stream().map(PrefixCards::lower).toList(),
          schedule.jitter().toSeconds());
    }
  }

  private final WarmTargets targets;
  private final KeepWarm keepWarm;
  private final Function<KnownPrefix, @Nullable PrefixPrice> prices;
  private final Supplier<Map<String, PrefixFigures>> figures;
  private final LongSupplier nanoTime;

  /**
   * What cards are made of.
   *
   * @param prices null for a prefix without a price
   * @param figures what the gate knows, by id
   */
  public PrefixCards(
      WarmTargets targets,
      KeepWarm keepWarm,
      Function<KnownPrefix, @Nullable PrefixPrice> prices,
      Supplier<Map<String, PrefixFigures>> figures,
      LongSupplier nanoTime) {
    this.targets = targets;
    this.keepWarm = keepWarm;
    this.prices = prices;
    this.figures = figures;
    this.nanoTime = nanoTime;
  }

  Reading reading(RegisteredPrefix prefix) {
    return targets.reading(prefix);
  }

  /** Everything that is known, for as many cards as are made at once. */
  record Known(List<KnownPrefix> prefixes, Map<String, PrefixFigures> figures) {}

  Known known() {
    return new Known(targets.get(), figures.get());
  }

  /** Those that nobody has registered. */
  List<PrefixCard> learned(Known known) {
    return known.prefixes().stream()
        .filter(prefix -> prefix.name() == null)
        .map(prefix -> card(prefix, known, String.valueOf(prefix.id()), null, null, null))
        .sorted(Comparator.comparing(PrefixCard::place))
        .toList();
  }

  PrefixCard registered(Stored stored, Known known) {
    return switch (reading(stored.prefix())) {
      case NotCacheable(String reason) -> card(null, known, null, stored, null, reason);
      case Cacheable found -> registered(stored, found, known);
    };
  }

  private PrefixCard registered(Stored stored, Cacheable found, Known known) {
    String name = stored.prefix().name();
    KnownPrefix prefix = null;
    String obstacle = null;
    for (KnownPrefix each : known.prefixes()) {
      if (each.id().equals(found.id())) {
        prefix = each;
        obstacle =
            name.equals(each.name())
                ? obstacle(each, found, stored.prefix().order())
                : "The prefix is registered as \"" + each.name() + "\" already, which goes first.";
      }
    }
    return card(prefix, known, found.fingerprint(), stored, found, obstacle);
  }

  private @Nullable String obstacle(KnownPrefix prefix, Cacheable found, WarmOrder order) {
    if (found.obstacle() != null) {
      return found.obstacle();
    }
    PrefixPrice price = prices.apply(prefix);
    if (price == null) {
      return "The price table has no row for the model. Add one, or nothing is refreshed.";
    }
    Long own = order.budgetPerDayNanoUsd();
    long most = keepWarm.budgetPerDayNanoUsd();
    if (most < price.writeNanoUsd() || (own != null && own < price.writeNanoUsd())) {
      return "A day's budget of "
          + dollars(own == null ? most : Math.min(own, most))
          + " dollars is less than one write, which is taken before each refresh. Raise"
          + (own != null && own < most
              ? " budget_usd_per_day."
              : " prompt-cache.keep-warm.budget in the configuration.");
    }
    if (!keepWarm.isBooking()) {
      return "What refreshes cost cannot be written down in storage.directory, so none is sent. The"
          + " log says why.";
    }
    return null;
  }

  /**
   * Of either kind.
   *
   * @param prefix null where there is none to be cached
   * @param stored null for one that only traffic has shown
   * @param found null likewise
   */
  private PrefixCard card(
      @Nullable KnownPrefix prefix,
      Known known,
      @Nullable String id,
      @Nullable Stored stored,
      @Nullable Cacheable found,
      @Nullable String obstacle) {
    RegisteredPrefix own = stored == null ? null : stored.prefix();
    PrefixPrice price = prefix == null ? null : prices.apply(prefix);
    double left = prefix == null ? 0 : left(prefix);
    PrefixFigures seen = id == null ? null : known.figures().get(id);
    return new PrefixCard(
        own == null ? null : own.name(),
        own == null ? "learned" : "registered",
        id,
        own == null ? null : own.route(),
        own == null ? null : own.team().name(),
        prefix == null ? null : prefix.provider(),
        prefix == null ? null : prefix.model(),
        prefix == null ? null : found == null ? prefix.tokens() : found.tokens(),
        own == null ? null : own.requestBytes(),
        own == null || own.gate() == null ? null : lower(own.gate()),
        own == null ? null : own.order().isKeptWarm(),
        own == null ? List.of() : own.order().schedules().stream().map(HoursCard::of).toList(),
        own == null ? null : dollars(own.order().budgetPerDayNanoUsd()),
        seen == null ? null : seen.gate(),
        seen == null ? "cold" : seen.state(),
        left > 0 ? left : null,
        prefix == null ? null : prefix.lifetimeNanos() / NANOS_PER_SECOND,
        price == null ? null : price.rule().refreshesMax(),
        price == null ? null : dollars(price.readNanoUsd()),
        price == null ? null : dollars(price.writeNanoUsd()),
        own == null ? null : dollars(spent(own.name())),
        seen == null ? null : TrafficCard.of(seen),
        obstacle,
        stored == null ? null : Conditions.etag(stored.version()));
  }

  private double left(KnownPrefix prefix) {
    return prefix.isWarm()
        ? (prefix.warmUntilNanos() - nanoTime.getAsLong()) / NANOS_PER_SECOND
        : 0;
  }

  private long spent(String name) {
    WarmSpending today = keepWarm.spending(name);
    return today == null ? 0 : today.spent();
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** With cents, and as many more places as it has. */
  private static @Nullable String dollars(@Nullable Long nanoUsd) {
    if (nanoUsd == null) {
      return null;
    }
    BigDecimal dollars = BigDecimal.valueOf(nanoUsd, NANO_PLACES).stripTrailingZeros();
    return dollars.setScale(Math.max(2, dollars.scale())).toPlainString();
  }
}

package dev.sluice.admin.api;

import dev.sluice.billing.team.TeamId;
import dev.sluice.core.warm.RegisteredPrefix;
import dev.sluice.core.warm.WarmOrder;
import dev.sluice.core.warm.WarmSchedule;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What somebody wants to register; some prefix or other where the body has faults. */
record PrefixBody(
    String route,
    TeamId team,
    String request,
    RegisteredPrefix.@Nullable Gate gate,
    WarmOrder order) {

  private static final int NANO_PLACES = 9;
  private static final long JITTER_MAX_SECONDS = WarmSchedule.JITTER_MAX.toSeconds();
  private static final Set<DayOfWeek> DAILY = EnumSet.allOf(DayOfWeek.class);
  private static final List<String> DAYS =
      DAILY.stream().map(day -> day.name().toLowerCase(Locale.ROOT)).toList();

  static PrefixBody of(Body body, List<String> routes, Predicate<TeamId> teams) {
    String route = body.text("route", 64);
    if (route == null || !routes.contains(route)) {
      required(body, "route", route, "one of the routes: " + String.join(", ", routes));
    }
    String team = body.text("team", 64);
    if (team == null || !teams.test(new TeamId(team))) {
      required(body, "team", team, "a team, of those that GET /admin/v1/teams lists");
    }
    String request = body.object("request", RegisteredPrefix.REQUEST_MAX_BYTES);
    if (request == null) {
      required(body, "request", null, "the request's body, a JSON object");
    }
    return new PrefixBody(
        String.valueOf(route),
        new TeamId(String.valueOf(team)),
        String.valueOf(request),
        body.has("gate") ? body.choice("gate", RegisteredPrefix.Gate.ON) : null,
        new WarmOrder(body.truth("keep_warm", false), schedules(body), budget(body)));
  }

  /** A value that was no good in itself has been told already. */
  private static void required(Body body, String name, @Nullable String found, String allowed) {
    if (found != null) {
      body.fault(name, '"' + found + '"', allowed);
    } else if (!body.has(name)) {
      body.fault(name, "nothing", allowed);
    }
  }

  private static @Nullable Long budget(Body body) {
    String usd =
        body.matching(
            "budget_usd_per_day",
            "[0-9]{1,7}(\\.[0-9]{1,9})?",
            "dollars as a text, such as \"2.50\", or null");
    return usd == null ? null : new BigDecimal(usd).movePointRight(NANO_PLACES).longValueExact();
  }

  private static List<WarmSchedule> schedules(Body body) {
    List<WarmSchedule> schedules = new ArrayList<>();
    for (Body each : body.objects("schedules", RegisteredPrefix.SCHEDULES_MAX)) {
      LocalTime before = time(each, "before");
      if (before == null && !each.has("before")) {
        each.fault("before", "nothing", "a time of day, such as 09:00");
      }
      List<String> days = each.texts("days", DAYS);
      schedules.add(
          new WarmSchedule(
              Objects.requireNonNullElse(before, LocalTime.MIDNIGHT),
              zone(each),
              days.isEmpty() ? DAILY : on(days),
              Duration.ofSeconds(each.whole("jitter_seconds", 0, JITTER_MAX_SECONDS, 0)),
              time(each, "until")));
    }
    return schedules;
  }

  private static Set<DayOfWeek> on(List<String> days) {
    Set<DayOfWeek> on = EnumSet.noneOf(DayOfWeek.class);
    days.forEach(day -> on.add(DayOfWeek.valueOf(day.toUpperCase(Locale.ROOT))));
    return on;
  }

  private static @Nullable LocalTime time(Body body, String name) {
    String text =
        body.matching(name, "([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day, such as 09:00");
    return text == null ? null : LocalTime.parse(text);
  }

  private static ZoneId zone(Body body) {
    String name = body.text("time_zone", 64);
    try {
      return name == null ? ZoneOffset.UTC : ZoneId.of(name);
    } catch (DateTimeException none) {
      body.fault("time_zone", '"' + name + '"', "a time zone, such as Europe/Berlin");
      return ZoneOffset.UTC;
    }
  }

  RegisteredPrefix prefix(String name) {
    return new RegisteredPrefix(name, route, team, request, gate, order);
  }
}

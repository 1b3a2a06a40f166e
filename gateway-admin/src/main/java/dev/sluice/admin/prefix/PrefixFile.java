package dev.sluice.admin.prefix;

import dev.sluice.billing.team.TeamId;
import dev.sluice.core.warm.RegisteredPrefix;
import dev.sluice.core.warm.WarmOrder;
import dev.sluice.core.warm.WarmSchedule;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/**
 * A registered prefix as a file has it: one JSON object.
 *
 * @param form of the file, {@link #FORM}
 * @param gate {@code observe}, {@code on} or null
 * @param request a text, so that every byte stays as it came
 */
record PrefixFile(
    int form,
    String name,
    String route,
    String team,
    @Nullable String gate,
    boolean keepWarm,
    List<Hours> schedules,
    @Nullable Long budgetPerDayNanoUsd,
    String request) {

  static final int FORM = 1;

  /** Strict, with names in snake case; for every file of this package. */
  static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** A {@link WarmSchedule}. */
  record Hours(
      String before,
      @Nullable String until,
      String timeZone,
      List<String> days,
      long jitterSeconds) {

    static Hours of(WarmSchedule schedule) {
      LocalTime until = schedule.keepUntil();
      return new Hours(
          schedule.warmBefore().toString(),
          until == null ? null : until.toString(),
          schedule.zone().getId(),
          schedule.days().stream().map(day -> day.name().toLowerCase(Locale.ROOT)).toList(),
          schedule.jitter().toSeconds());
    }

    WarmSchedule schedule() {
      Set<DayOfWeek> on = EnumSet.noneOf(DayOfWeek.class);
      days.forEach(day -> on.add(DayOfWeek.valueOf(day.toUpperCase(Locale.ROOT))));
      return new WarmSchedule(
          LocalTime.parse(before),
          ZoneId.of(timeZone),
          on,
          Duration.ofSeconds(jitterSeconds),
          until == null ? null : LocalTime.parse(until));
    }
  }

  static byte[] bytes(RegisteredPrefix prefix) {
    RegisteredPrefix.Gate gate = prefix.gate();
    WarmOrder order = prefix.order();
    return JSON.writeValueAsBytes(
        new PrefixFile(
            FORM,
            prefix.name(),
            prefix.route(),
            prefix.team().name(),
            gate == null ? null : gate.name().toLowerCase(Locale.ROOT),
            order.isKeptWarm(),
            order.schedules().stream().map(Hours::of).toList(),
            order.budgetPerDayNanoUsd(),
            prefix.request()));
  }

  /**
   * What the bytes say.
   *
   * @throws IllegalArgumentException if that is no prefix; the message has nothing of its request
   */
  static RegisteredPrefix prefix(byte[] bytes) {
    try {
      PrefixFile file = JSON.readValue(bytes, PrefixFile.class);
      if (file.form != FORM) {
        throw new IllegalArgumentException("its form is " + file.form + ", known is " + FORM);
      }
      return new RegisteredPrefix(
          file.name,
          file.route,
          new TeamId(file.team),
          file.request,
          file.gate == null
              ? null
              : RegisteredPrefix.Gate.valueOf(file.gate.toUpperCase(Locale.ROOT)),
          new WarmOrder(
              file.keepWarm,
              file.schedules.stream().map(Hours::schedule).toList(),
              file.budgetPerDayNanoUsd));
    } catch (JacksonException foreign) {
      // Its own message may quote the file.
      TokenStreamLocation at = foreign.getLocation();
      throw new IllegalArgumentException(
          "it is no file of a prefix, at byte " + (at == null ? 0 : at.getByteOffset()), null);
    } catch (NullPointerException missing) {
      throw new IllegalArgumentException("a member is missing", missing);
    } catch (DateTimeException none) {
      throw new IllegalArgumentException("it has a time that is none", none);
    }
  }
}

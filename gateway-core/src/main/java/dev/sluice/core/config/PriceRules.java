package dev.sluice.core.config;

import dev.sluice.billing.price.Change;
import dev.sluice.billing.price.LongPrompt;
import dev.sluice.billing.price.Rates;
import dev.sluice.billing.price.Tier;
import dev.sluice.billing.price.Window;
import dev.sluice.billing.price.Window.Hours;
import dev.sluice.billing.usage.Money;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a group of models, or one model, says besides its rates: tiers, regions, long prompts and
 * hours, doubts and sources. A model takes from its group what it does not say itself; tiers and
 * regions one by one.
 */
record PriceRules(
    Map<String, Tier> tiers,
    Map<String, Change> regions,
    List<LongPrompt> longPrompts,
    List<Window> windows,
    boolean isApproximate,
    String note,
    String source) {

  /** Of a file that says nothing. */
  static final PriceRules NONE =
      new PriceRules(Map.of(), Map.of(), List.of(), List.of(), false, "", "");

  static final List<String> KEYS =
      List.of(
          "source", "date", "note", "approximate", "tiers", "regions", "long-prompt", "windows");

  static final List<String> RATES =
      List.of(
          "input",
          "cache-read",
          "cache-write-5m",
          "cache-write-30m",
          "cache-write-1h",
          "cache-write-12h",
          "output",
          "reasoning");

  private static final List<String> CHANGES =
      plus(RATES, "factor", "input-factor", "output-factor", "approximate");

  static PriceRules read(Fields fields, PriceRules otherwise) {
    Map<String, Tier> tiers = new HashMap<>(otherwise.tiers);
    Fields ofTiers = named(fields, "tiers");
    if (ofTiers != null) {
      ofTiers.entries().forEach((name, entry) -> put(tiers, name, tier(ofTiers, name, entry)));
    }
    Map<String, Change> regions = new HashMap<>(otherwise.regions);
    Fields ofRegions = named(fields, "regions");
    if (ofRegions != null) {
      ofRegions
          .entries()
          .forEach((name, entry) -> put(regions, name, change(ofRegions, name, entry)));
    }
    Boolean approximate = fields.yesOrNo("approximate");
    String note = fields.textOf("note");
    return new PriceRules(
        tiers,
        regions,
        fields.has("long-prompt") ? longPrompts(fields) : otherwise.longPrompts,
        fields.has("windows") ? windows(fields) : otherwise.windows,
        approximate == null ? otherwise.isApproximate : approximate,
        note == null ? otherwise.note : note,
        source(fields, otherwise));
  }

  private static String source(Fields fields, PriceRules otherwise) {
    String source = fields.textOf("source");
    LocalDate date = fields.dateOf("date");
    if (date == null) {
      return source == null ? otherwise.source : source;
    }
    return source == null ? date.toString() : source + ", " + date;
  }

  static List<String> plus(List<String> some, String... more) {
    List<String> all = new ArrayList<>(some);
    all.addAll(List.of(more));
    return List.copyOf(all);
  }

  private static <T> void put(Map<String, T> map, String name, @Nullable T value) {
    if (value != null) {
      map.put(name.toLowerCase(Locale.ROOT), value);
    }
  }

  private static @Nullable Fields named(Fields fields, String key) {
    Node.Entry entry = fields.entries().get(key);
    return entry == null
        ? null
        : fields.inner(key, entry, "names, each with a factor or with rates under it");
  }

  // ---- rates and changes

  static Rates rates(Fields fields) {
    return new Rates(
        fields.rateOf("input"),
        fields.rateOf("cache-read"),
        fields.rateOf("cache-write-5m"),
        fields.rateOf("cache-write-30m"),
        fields.rateOf("cache-write-1h"),
        fields.rateOf("cache-write-12h"),
        fields.rateOf("output"),
        fields.rateOf("reasoning"));
  }

  /** {@code batch: 0.5}, or a group. */
  private static @Nullable Change change(Fields named, String name, Node.Entry entry) {
    if (entry.value() instanceof Node.Text) {
      Long factor = named.factorOf(name);
      return factor == null ? null : Change.factor(factor);
    }
    Fields fields = named.inner(name, entry, CHANGES);
    return fields == null ? null : change(fields);
  }

  private static @Nullable Tier tier(Fields named, String name, Node.Entry entry) {
    if (entry.value() instanceof Node.Text) {
      Change change = change(named, name, entry);
      return change == null ? null : new Tier(change, List.of());
    }
    Fields fields = named.inner(name, entry, plus(CHANGES, "long-prompt"));
    Change change = fields == null ? null : change(fields);
    return fields == null || change == null ? null : new Tier(change, longPrompts(fields));
  }

  private static @Nullable Change change(Fields fields) {
    Rates own = rates(fields);
    Long factor = fields.factorOf("factor");
    Long input = fields.factorOf("input-factor");
    Long output = fields.factorOf("output-factor");
    boolean hasFactor =
        fields.isGiven("factor")
            || fields.isGiven("input-factor")
            || fields.isGiven("output-factor");
    boolean hasRate = RATES.stream().anyMatch(fields::isGiven);
    if (hasFactor == hasRate) {
      fields.problem(
          hasRate
              ? "has rates and factors, allowed one of the two. Remove the factors, or the rates."
              : "says nothing of prices. Give factor, input-factor and output-factor, or rates"
                  + " such as input.");
      return null;
    }
    if (fields.has("factor") && (fields.has("input-factor") || fields.has("output-factor"))) {
      fields.problem(
          "has factor beside input-factor or output-factor, allowed the one or the other. Remove"
              + " factor.");
      return null;
    }
    long both = factor == null ? Money.ONE : factor;
    return new Change(
        own,
        input == null ? both : input,
        output == null ? both : output,
        Boolean.TRUE.equals(fields.yesOrNo("approximate")));
  }

  // ---- long prompts

  private static List<LongPrompt> longPrompts(Fields fields) {
    List<LongPrompt> longPrompts = new ArrayList<>();
    for (Fields one : fields.each("long-prompt", plus(CHANGES, "over", "at-least"))) {
      Long over = one.tokensOf("over");
      Long atLeast = one.tokensOf("at-least");
      if (one.has("over") == one.has("at-least")) {
        one.problem(
            "has "
                + (one.has("over") ? "over and at-least" : "neither over nor at-least")
                + ", allowed one of the two. Write over: 200000 for prompts of more tokens than"
                + " that, at-least: 200000 for prompts of that many or more.");
        continue;
      }
      Change change = change(one);
      Long threshold = over == null ? atLeast : over;
      if (change != null && threshold != null) {
        longPrompts.add(new LongPrompt(threshold, over == null, change));
      }
    }
    return longPrompts;
  }

  // ---- hours

  private static List<Window> windows(Fields fields) {
    List<Window> windows = new ArrayList<>();
    for (Fields one : fields.each("windows", plus(CHANGES, "name", "days", "hours", "not-on"))) {
      String name = one.textOf("name");
      Set<DayOfWeek> days = days(one);
      List<Hours> hours = hours(one);
      SortedSet<LocalDate> notOn = dates(one);
      Change change = change(one);
      if (hours.isEmpty() && !one.has("hours")) {
        one.problem("has no hours, allowed one or more such as \"01:00-04:00\", in UTC. Add them.");
      }
      if (change != null && !hours.isEmpty() && !days.isEmpty()) {
        windows.add(
            new Window(name == null ? "hours" : name, days, hours, notOn, ZoneOffset.UTC, change));
      }
    }
    return windows;
  }

  private static Set<DayOfWeek> days(Fields fields) {
    if (!fields.has("days")) {
      return EnumSet.allOf(DayOfWeek.class);
    }
    Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
    for (String text : fields.textsOf("days")) {
      DayOfWeek day = day(text);
      if (day == null) {
        fields.problem(
            "days",
            "holds something else than days: found "
                + Shown.value(text)
                + ", allowed mon, tue, wed, thu, fri, sat and sun.");
      } else {
        days.add(day);
      }
    }
    return days;
  }

  /** {@code mon}, or more letters of it; null for anything else. */
  static @Nullable DayOfWeek day(String text) {
    String small = text.toUpperCase(Locale.ROOT);
    for (DayOfWeek day : DayOfWeek.values()) {
      if (small.length() >= 3 && day.name().startsWith(small)) {
        return day;
      }
    }
    return null;
  }

  private static List<Hours> hours(Fields fields) {
    List<Hours> hours = new ArrayList<>();
    for (String text : fields.textsOf("hours")) {
      Hours one = hours(text);
      if (one == null) {
        fields.problem(
            "hours",
            "holds something else than hours: found "
                + Shown.value(text)
                + ", allowed hours in UTC such as \"01:00-04:00\".");
      } else {
        hours.add(one);
      }
    }
    return hours;
  }

  /** {@code 16:30-00:30}; null for anything else. */
  static @Nullable Hours hours(String text) {
    int hyphen = text.indexOf('-');
    Integer from = hyphen < 0 ? null : minute(text.substring(0, hyphen).strip());
    Integer to = hyphen < 0 ? null : minute(text.substring(hyphen + 1).strip());
    return from == null || to == null || from == 24 * 60 ? null : new Hours(from, to);
  }

  private static @Nullable Integer minute(String text) {
    if (text.length() != 5 || text.charAt(2) != ':') {
      return null;
    }
    for (int i : new int[] {0, 1, 3, 4}) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return null;
      }
    }
    int hour = Integer.parseInt(text.substring(0, 2));
    int minute = Integer.parseInt(text.substring(3));
    int minutes = hour * 60 + minute;
    return minute > 59 || minutes > 24 * 60 ? null : minutes;
  }

  private static SortedSet<LocalDate> dates(Fields fields) {
    SortedSet<LocalDate> dates = new TreeSet<>();
    for (String text : fields.textsOf("not-on")) {
      LocalDate date = Fields.date(text);
      if (date == null) {
        fields.problem(
            "not-on",
            "holds something else than dates: found "
                + Shown.value(text)
                + ", allowed dates such as 2026-10-01.");
      } else {
        dates.add(date);
      }
    }
    return dates;
  }
}

package dev.sluice.admin.api;

import dev.sluice.admin.usage.FocusExport;
import dev.sluice.admin.usage.UsageForms;
import dev.sluice.admin.usage.UsageSpan;
import dev.sluice.billing.ledger.LedgerQueries;
import dev.sluice.billing.ledger.LedgerUnreadable;
import dev.sluice.billing.ledger.UsageGroup;
import dev.sluice.billing.ledger.UsageGroup.Field;
import dev.sluice.billing.ledger.UsageQuery;
import dev.sluice.billing.ledger.UsageTable;
import dev.sluice.billing.price.PriceTable;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who spent what: sums in groups, as JSON, CSV or FOCUS. An answer holds at most {@link
 * LedgerQueries#GROUPS_MAX} groups, a FOCUS export {@link #TEXT_MAX} characters; beyond that it is
 * refused, or says that it is not whole, and never cut in silence.
 */
public final class UsageApi {

  /** Characters of the longest export. */
  static final int TEXT_MAX = 32 << 20;

  private static final List<String> FORMATS = List.of("json", "csv", "focus");
  private static final List<String> PARAMETERS =
      List.of(
          "from",
          "until",
          "group_by",
          "team",
          "key",
          "provider",
          "model",
          "route",
          "tag",
          "format");

  private static final String CSV = "text/csv; charset=utf-8; header=present";

  private final Supplier<LedgerQueries> ledger;
  private final Supplier<PriceTable> prices;
  private final InstantSource clock;
  private final int textMax;

  /**
   * @param ledger asked for each request, on virtual threads
   * @param prices of now
   * @param clock for spans that are not said to end at another time
   */
  public UsageApi(
      Supplier<LedgerQueries> ledger, Supplier<PriceTable> prices, InstantSource clock) {
    this(ledger, prices, clock, TEXT_MAX);
  }

  UsageApi(
      Supplier<LedgerQueries> ledger,
      Supplier<PriceTable> prices,
      InstantSource clock,
      int textMax) {
    this.ledger = ledger;
    this.prices = prices;
    this.clock = clock;
    this.textMax = textMax;
  }

  public List<Endpoint> endpoints() {
    return List.of(new Endpoint("GET", "/admin/v1/usage", false, this::usage));
  }

  private AdminAnswer usage(AdminRequest request) {
    Query query = new Query(request, PARAMETERS);
    String format = format(request, query);
    UsageQuery asked = query.refusal() == null ? asked(query, format.equals("focus")) : null;
    AdminAnswer no = query.refusal();
    if (no != null || asked == null) {
      return no != null ? no : LedgerAnswers.malformed();
    }
    try {
      return switch (format) {
        case "focus" -> focus(asked);
        case "csv" -> csv(asked);
        default -> AdminAnswer.json(UsageForms.json(asked, ledger.get().usage(asked)));
      };
    } catch (LedgerUnreadable unreadable) {
      return LedgerAnswers.unreadable(unreadable);
    }
  }

  private static String format(AdminRequest request, Query query) {
    String format = query.oneOf("format", FORMATS);
    String accept = request.headers().get("Accept");
    return format != null ? format : accept != null && accept.contains("text/csv") ? "csv" : "json";
  }

  /** Null, and kept in the query, where it is none. */
  private @Nullable UsageQuery asked(Query query, boolean isFocus) {
    Instant until = LedgerAnswers.time(query, "until");
    Instant from = LedgerAnswers.time(query, "from");
    Instant end = until == null ? UsageSpan.usualUntil(clock.instant()) : until;
    Instant start = from == null ? UsageSpan.usualFrom(end) : from;
    if (!start.isBefore(end)) {
      query.bad("from", "before until, which is " + end);
    }
    if (isFocus && !UsageSpan.isWholeHour(start)) {
      query.bad("from", "a whole hour where the format is focus");
    }
    if (isFocus && !UsageSpan.isWholeHour(end)) {
      query.bad("until", "a whole hour where the format is focus");
    }
    Map<UsageGroup, String> filters = filters(query);
    for (UsageGroup filter : filters.keySet()) {
      if (isFocus && !FocusExport.FILTERS.contains(filter)) {
        query.bad(
            filter instanceof UsageGroup.Tag ? "tag" : filter.word(),
            "left out where the format is focus, whose rows do not tell it apart");
      }
    }
    List<UsageGroup> groups = groups(query, isFocus);
    return query.refusal() == null ? new UsageQuery(start, end, groups, filters) : null;
  }

  private static List<UsageGroup> groups(Query query, boolean isFocus) {
    String text = query.text("group_by");
    if (text != null && isFocus) {
      query.bad("group_by", "left out where the format is focus, which has groups of its own");
    }
    List<UsageGroup> groups = new ArrayList<>();
    try {
      for (String word : (text == null ? "team,model" : text).split(",", -1)) {
        groups.add(UsageGroup.parse(word));
      }
    } catch (IllegalArgumentException unknown) {
      query.bad("group_by", "any of team, key, provider, model, route, day, hour, tag:NAME");
    }
    if (groups.size() > UsageQuery.GROUPINGS_MAX
        || groups.stream().distinct().count() < groups.size()) {
      query.bad("group_by", "at most " + UsageQuery.GROUPINGS_MAX + ", none of them twice");
    }
    return groups;
  }

  private static Map<UsageGroup, String> filters(Query query) {
    Map<UsageGroup, String> filters = new LinkedHashMap<>();
    for (Field field : List.of(Field.TEAM, Field.KEY, Field.PROVIDER, Field.MODEL, Field.ROUTE)) {
      String value = query.text(field.word());
      if (value != null) {
        filters.put(field, value);
      }
    }
    String[] tag = LedgerAnswers.tag(query);
    if (tag != null) {
      filters.put(new UsageGroup.Tag(tag[0]), tag[1]);
    }
    return filters;
  }

  private AdminAnswer csv(UsageQuery asked) {
    UsageTable table = ledger.get().usage(asked);
    if (!table.isWhole()) {
      return tooMuch("There are more than " + LedgerQueries.GROUPS_MAX + " groups.");
    }
    StringBuilder text = new StringBuilder();
    UsageForms.csv(asked, table, text::append);
    return file(text, "usage.csv");
  }

  /** Thrown out of the reading when the export has become too long. */
  private static final class TooLong extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private AdminAnswer focus(UsageQuery asked) {
    StringBuilder text = new StringBuilder();
    FocusExport export =
        new FocusExport(
            prices.get(),
            line -> {
              if (text.length() + line.length() > textMax) {
                throw new TooLong();
              }
              text.append(line);
            });
    try {
      ledger
          .get()
          .hours(
              asked.from(),
              asked.until(),
              hour -> {
                if (FocusExport.matches(hour, asked.filters())) {
                  export.add(hour);
                }
              });
      export.end();
    } catch (TooLong tooLong) {
      return tooMuch("The export would be longer than " + textMax + " characters.");
    }
    return file(text, "focus.csv");
  }

  private static AdminAnswer file(StringBuilder text, String name) {
    return new AdminAnswer(
        200,
        CSV,
        Map.of("Content-Disposition", "attachment; filename=\"" + name + "\""),
        text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static AdminAnswer tooMuch(String what) {
    return AdminAnswer.problem(
        422,
        "Unprocessable Content",
        "too_much",
        what
            + " Ask for a shorter time, or for fewer groups; bin/gateway usage has no such bound.");
  }
}

package dev.sluice.admin.cli;

import dev.sluice.admin.cli.LedgerPlace.Found;
import dev.sluice.admin.usage.FocusExport;
import dev.sluice.admin.usage.UsageForms;
import dev.sluice.admin.usage.UsageSpan;
import dev.sluice.billing.ledger.LedgerUnreadable;
import dev.sluice.billing.ledger.UsageGroup;
import dev.sluice.billing.ledger.UsageQuery;
import dev.sluice.billing.ledger.UsageTable;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/** {@code usage}: who spent what, from the ledger. */
@Command(
    name = "usage",
    description = "Prints who spent what, in groups, from the ledger.",
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {"0:printed", "2:there is no ledger, or the question is none"})
public final class UsageCommand implements Callable<Integer> {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final UnaryOperator<@Nullable String> environment;
  private final InstantSource clock;
  private final PrintWriter out;
  private final PrintWriter err;

  @Mixin private LedgerPlace place = new LedgerPlace();

  @Option(
      names = "--by",
      paramLabel = "GROUPS",
      defaultValue = "team,model",
      description =
          "Any of team, key, provider, model, route, day, hour, tag:NAME, with commas; at most"
              + " four. Else ${DEFAULT-VALUE}.")
  private String by = "team,model";

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description = "A day (UTC) or an instant; else the first of the month.")
  private @Nullable String from;

  @Option(names = "--until", paramLabel = "TIME", description = "Exclusive; else now.")
  private @Nullable String until;

  @Option(
      names = "--only",
      paramLabel = "GROUP=VALUE",
      description = "Only calls of this team, key, provider, model, route or tag:NAME.")
  private Map<String, String> only = new LinkedHashMap<>();

  @ArgGroup(exclusive = true, multiplicity = "0..1")
  private Form form = new Form();

  /** How it is printed: for people, unless one of these. */
  static final class Form {
    @Option(names = "--csv", description = "As CSV.")
    private boolean isCsv;

    @Option(names = "--json", description = "As JSON.")
    private boolean isJson;

    @Option(
        names = "--focus",
        description = "As CSV of FOCUS 1.2: by hour, team, provider, model, price and meter.")
    private boolean isFocus;
  }

  /**
   * @param environment value of a variable, null where it is not set
   * @param clock for spans that are not said to end at another time
   */
  public UsageCommand(
      UnaryOperator<@Nullable String> environment,
      InstantSource clock,
      PrintWriter out,
      PrintWriter err) {
    this.environment = environment;
    this.clock = clock;
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() {
    try {
      Found ledger = place.find(environment, err);
      if (ledger == null) {
        return 2;
      }
      UsageQuery query = query();
      if (form.isFocus) {
        focus(ledger, query);
        return 0;
      }
      UsageTable table = ledger.queries().usage(query);
      if (form.isJson) {
        out.println(JSON.writeValueAsString(UsageForms.json(query, table)));
      } else if (form.isCsv) {
        UsageForms.csv(query, table, out::print);
      } else {
        UsageForms.text(query, table, out::print);
      }
      if (!table.isWhole()) {
        err.println(
            "There are more groups than these "
                + table.rows().size()
                + ". Ask for a shorter time, or for fewer groups.");
      }
      return 0;
    } catch (IllegalArgumentException | LedgerUnreadable e) {
      err.println(e.getMessage());
      return 2;
    } finally {
      out.flush();
      err.flush();
    }
  }

  private UsageQuery query() {
    Instant now = clock.instant();
    Instant end = until == null ? UsageSpan.usualUntil(now) : time("--until", until);
    Instant start = from == null ? UsageSpan.usualFrom(end) : time("--from", from);
    if (!start.isBefore(end)) {
      throw new IllegalArgumentException("--from is " + start + "; allowed is before " + end + ".");
    }
    List<UsageGroup> groups = new ArrayList<>();
    for (String word : by.isEmpty() ? new String[0] : by.split(",", -1)) {
      groups.add(UsageGroup.parse(word.strip()));
    }
    Map<UsageGroup, String> filters = new LinkedHashMap<>();
    only.forEach((word, value) -> filters.put(UsageGroup.parse(word), value));
    return new UsageQuery(start, end, groups, filters);
  }

  private static Instant time(String option, String text) {
    try {
      return UsageSpan.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          option + " is \"" + text + "\"; allowed is " + UsageSpan.FORM + ".", e);
    }
  }

  private void focus(Found ledger, UsageQuery query) {
    if (!UsageSpan.isWholeHour(query.from()) || !UsageSpan.isWholeHour(query.until())) {
      throw new IllegalArgumentException(
          "--focus goes by the hour; from " + query.from() + " to " + query.until() + " does not.");
    }
    for (UsageGroup filter : query.filters().keySet()) {
      if (!FocusExport.FILTERS.contains(filter)) {
        throw new IllegalArgumentException(
            "--focus cannot tell "
                + filter.word()
                + " apart; it can team, key, provider and model.");
      }
    }
    FocusExport export = new FocusExport(ledger.prices(), out::print);
    ledger
        .queries()
        .hours(
            query.from(),
            query.until(),
            hour -> {
              if (FocusExport.matches(hour, query.filters())) {
                export.add(hour);
              }
            });
    export.end();
  }
}

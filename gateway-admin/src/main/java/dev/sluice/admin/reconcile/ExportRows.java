package dev.sluice.admin.reconcile;

import static java.util.Objects.requireNonNull;

import dev.sluice.admin.reconcile.UsageExport.Read;
import dev.sluice.admin.reconcile.UsageExport.Result;
import dev.sluice.admin.reconcile.UsageExport.Row;
import dev.sluice.admin.reconcile.UsageExport.Unreadable;
import dev.sluice.billing.usage.Usage;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Gathers what an export says, per model and day, and what is wrong with it. */
final class ExportRows {

  /** Beyond this a count is a mistake, and sums of a hundred thousand still fit. */
  static final long TOKENS_MAX = 1_000_000_000_000L;

  /** A thousand million dollars. */
  private static final BigDecimal USD_MAX = BigDecimal.valueOf(1_000_000_000);

  private static final int PLACES = 9;

  /** Digits and decimal places of an amount: more than any provider writes, little to compute. */
  private static final int DIGITS_MAX = 60;

  private record Key(LocalDate day, String model) {}

  private static final class Sums {
    @Nullable Usage usage;
    long requests = -1;
    @Nullable BigDecimal usd;
    long doubtNanoUsd;
  }

  private final Map<Key, Sums> sums =
      new TreeMap<>(Comparator.comparing(Key::day).thenComparing(Key::model));
  private final List<String> problems = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private @Nullable String provider;
  private @Nullable Instant from;
  private @Nullable Instant until;

  void problem(String sentence) {
    problems.add(sentence);
  }

  void note(String sentence) {
    notes.add(sentence);
  }

  /** Whether it is not worth while to go on. */
  boolean isHopeless() {
    return problems.size() >= UsageExport.PROBLEMS_MAX;
  }

  void provider(String at, ExportForm form) {
    if (provider == null) {
      provider = form.provider();
    } else if (!provider.equals(form.provider())) {
      problem(
          at
              + " is of "
              + form.provider()
              + ", what stands before it of "
              + provider
              + ". Give each provider its own file.");
    }
  }

  /** The report has something to say of this time, be it that nothing was used. */
  void covers(Instant start, Instant end) {
    from = from == null || start.isBefore(from) ? start : from;
    until = until == null || end.isAfter(until) ? end : until;
  }

  /**
   * The day of a bucket; null, and told, where it is not within one.
   *
   * @param at where it stands
   */
  @Nullable LocalDate day(String at, Instant start, Instant end) {
    LocalDate day = LocalDate.ofInstant(start, ZoneOffset.UTC);
    if (!start.isBefore(end)
        || !LocalDate.ofInstant(end.minusNanos(1), ZoneOffset.UTC).equals(day)) {
      problem(
          at + " goes from " + start + " to " + end + "; allowed is a time within one day (UTC).");
      return null;
    }
    covers(start, end);
    return day;
  }

  void tokens(String at, LocalDate day, String model, Usage usage, long requests) {
    Sums sum = sums(at, day, model);
    sum.usage = sum.usage == null ? usage : sum.usage.plus(usage);
    if (requests >= 0) {
      sum.requests = Math.max(0, sum.requests) + requests;
    }
  }

  /**
   * @param doubtNanoUsd by how much the amount may be off because it was rounded
   */
  void cost(String at, LocalDate day, String model, BigDecimal usd, long doubtNanoUsd) {
    Sums sum = sums(at, day, model);
    sum.usd = sum.usd == null ? usd : sum.usd.add(usd);
    sum.doubtNanoUsd += doubtNanoUsd;
  }

  private Sums sums(String at, LocalDate day, String model) {
    if (sums.size() == UsageExport.ROWS_MAX && !sums.containsKey(new Key(day, model))) {
      problem(at + " is one more model and day than the allowed " + UsageExport.ROWS_MAX + ".");
      return new Sums();
    }
    return sums.computeIfAbsent(new Key(day, model), key -> new Sums());
  }

  // ---- numbers

  /**
   * @throws NumberFormatException also where it is longer than any number that can be meant: a
   *     number of a million digits takes minutes to read
   */
  static BigDecimal number(String text) {
    if (text.length() > DIGITS_MAX) {
      throw new NumberFormatException("too long");
    }
    return new BigDecimal(text);
  }

  /** A count; 0, and told, where it is none. */
  long count(String at, BigDecimal value) {
    try {
      // The dashboard writes counts as 3.0; and an exponent of a million digits is not computed.
      long count = value.longValueExact();
      if (count >= 0 && count <= TOKENS_MAX) {
        return count;
      }
    } catch (ArithmeticException noWholeNumber) {
      // told below
    }
    problem(
        at
            + ": found "
            + shown(value.toString())
            + ", allowed is a whole number from 0 to "
            + TOKENS_MAX
            + ".");
    return 0;
  }

  /** Dollars; 0, and told, where that cannot be. */
  BigDecimal usd(String at, BigDecimal value) {
    boolean isSane =
        value.precision() <= DIGITS_MAX && value.scale() <= DIGITS_MAX && value.scale() >= -PLACES;
    if (isSane && value.abs().compareTo(USD_MAX) <= 0) {
      return value; // a correction may be negative
    }
    problem(
        at
            + ": found "
            + shown(value.toString())
            + ", allowed are at most "
            + USD_MAX
            + " dollars.");
    return BigDecimal.ZERO;
  }

  /** What a report held, for a message: bounded, and without what would break a line. */
  static String shown(String text) {
    StringBuilder shown = new StringBuilder("\"");
    for (int i = 0; i < text.length() && i < 60; i++) {
      char c = text.charAt(i);
      shown.append(c < ' ' || c == 0x7f || c == '"' ? '?' : c);
    }
    return shown.append(text.length() > 60 ? "…\"" : "\"").toString();
  }

  // ---- the end

  Result result() {
    if (problems.isEmpty() && (provider == null || from == null || until == null)) {
      problem("The export holds no report. Allowed are " + ExportForm.KNOWN + ".");
    }
    if (!problems.isEmpty()) {
      return new Unreadable(
          problems.subList(0, Math.min(problems.size(), UsageExport.PROBLEMS_MAX)));
    }
    Instant start = requireNonNull(from).truncatedTo(ChronoUnit.HOURS);
    Instant end = requireNonNull(until);
    Instant wholeEnd = end.truncatedTo(ChronoUnit.HOURS);
    if (!wholeEnd.equals(end)) {
      wholeEnd = wholeEnd.plus(Duration.ofHours(1));
    }
    if (!start.equals(from) || !wholeEnd.equals(until)) {
      note(
          "The report goes from "
              + from
              + " to "
              + until
              + "; the ledger is summed up from "
              + start
              + " to "
              + wholeEnd
              + ", whole hours.");
    }
    List<Row> rows = new ArrayList<>();
    sums.forEach(
        (key, sum) ->
            rows.add(
                new Row(
                    key.day(),
                    key.model(),
                    sum.usage,
                    sum.requests,
                    sum.usd == null ? null : nanoUsd(sum.usd),
                    sum.doubtNanoUsd)));
    return new Read(new UsageExport(requireNonNull(provider), start, wholeEnd, rows, notes));
  }

  /** Rounded once, after all lines of the model and day have been added up. */
  private static long nanoUsd(BigDecimal usd) {
    return usd.movePointRight(PLACES).setScale(0, RoundingMode.HALF_UP).longValueExact();
  }
}

package dev.sluice.admin.reconcile;

import static java.util.Objects.requireNonNullElse;

import dev.sluice.admin.reconcile.CsvReader.Line;
import dev.sluice.admin.reconcile.CsvReader.NoCsv;
import dev.sluice.billing.usage.Usage;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reports as the providers' consoles export them. Which it is, the columns say. Several files glued
 * together are read as one, their headers passed over.
 */
final class CsvExport {

  /** What OpenAI's dashboard writes when nothing was used at all. */
  private static final List<String> OPENAI_EMPTY =
      List.of("start_time", "end_time", "start_time_iso", "end_time_iso");

  /** Anthropic's console writes whole cents: each line may be off by half of one. */
  private static final long HALF_A_CENT_NANO_USD = 5_000_000;

  /** One line, by the names of its columns. */
  private record Cells(int line, Map<String, Integer> columns, List<String> fields) {

    /** Empty where there is none. */
    String get(String column) {
      Integer at = columns.get(column);
      return at == null || at >= fields.size() ? "" : fields.get(at).strip();
    }

    String place(String column) {
      return "line " + line + ", " + column;
    }
  }

  private final ExportRows rows;

  CsvExport(ExportRows rows) {
    this.rows = rows;
  }

  void read(byte[] bytes) {
    try {
      CsvReader reader = new CsvReader(bytes);
      Line header = reader.next();
      if (header == null) {
        return;
      }
      Map<String, Integer> columns = columns(header);
      ExportForm form = form(header, columns);
      if (form == null) {
        return;
      }
      rows.provider("line " + header.line(), form);
      for (Line line = reader.next(); line != null && !rows.isHopeless(); line = reader.next()) {
        if (!line.fields().equals(header.fields())) {
          line(form, new Cells(line.line(), columns, line.fields()));
        }
      }
    } catch (NoCsv e) {
      rows.problem(requireNonNullElse(e.getMessage(), "The export is no CSV."));
    } catch (ArithmeticException e) {
      rows.problem("The export's counts are too large to be added up.");
    }
  }

  private Map<String, Integer> columns(Line header) {
    Map<String, Integer> columns = new HashMap<>();
    for (int i = 0; i < header.fields().size(); i++) {
      String name = header.fields().get(i).strip();
      if (!name.isEmpty() && columns.put(name, i) != null) {
        rows.problem(
            "line " + header.line() + " names the column " + ExportRows.shown(name) + " twice.");
      }
    }
    return columns;
  }

  private @Nullable ExportForm form(Line header, Map<String, Integer> columns) {
    if (columns.containsKey("usage_date_utc")) {
      if (columns.containsKey("usage_output_tokens") && columns.containsKey("model_version")) {
        return ExportForm.ANTHROPIC_USAGE;
      }
      if (columns.containsKey("cost_usd") && columns.containsKey("model")) {
        return ExportForm.ANTHROPIC_COSTS;
      }
    } else if (columns.containsKey("start_time") && columns.containsKey("end_time")) {
      if (columns.containsKey("input_tokens") && columns.containsKey("model")) {
        return ExportForm.OPENAI_USAGE;
      }
      if (columns.containsKey("amount_value")) {
        return ExportForm.OPENAI_COSTS;
      }
      if (header.fields().equals(OPENAI_EMPTY)) {
        return ExportForm.OPENAI_USAGE;
      }
    }
    rows.problem(
        "line "
            + header.line()
            + ": found the columns "
            + ExportRows.shown(String.join(",", header.fields()))
            + ", allowed are "
            + ExportForm.KNOWN
            + ".");
    return null;
  }

  private void line(ExportForm form, Cells cells) {
    switch (form) {
      case OPENAI_USAGE -> openAiUsage(cells);
      case OPENAI_COSTS -> openAiCosts(cells);
      case ANTHROPIC_USAGE -> anthropicUsage(cells);
      case ANTHROPIC_COSTS -> anthropicCosts(cells);
    }
  }

  // ---- the four reports

  private void openAiUsage(Cells cells) {
    LocalDate day = bucket(cells);
    long input = count(cells, "input_tokens");
    long cached = count(cells, "input_cached_tokens");
    long written = count(cells, "input_cache_write_tokens");
    long output = count(cells, "output_tokens");
    if (input - cached - written < 0) {
      rows.problem(
          cells.place("input_cached_tokens")
              + ": found "
              + (cached + written)
              + " with cache writes, allowed are at most the input_tokens, "
              + input
              + ".");
    } else if (day != null && input + output > 0) {
      String model = model(cells, "model", "Group the export by model.");
      if (model != null) {
        rows.tokens(
            cells.place("model"),
            day,
            model,
            new Usage(input - cached - written, cached, 0, written, 0, 0, output, 0),
            cells.get("num_model_requests").isEmpty() ? -1 : count(cells, "num_model_requests"));
      }
    }
  }

  private void openAiCosts(Cells cells) {
    LocalDate day = bucket(cells);
    if (cells.get("amount_value").isEmpty()) {
      return; // a day without a charge
    }
    BigDecimal usd = usd(cells, "amount_value");
    currency(cells);
    if (day != null && usd.signum() != 0) {
      String item = model(cells, "line_item", "Group the export by line item.");
      if (item != null) {
        rows.cost(cells.place("line_item"), day, LineItem.model(item), usd, 0);
      }
    }
  }

  private void anthropicUsage(Cells cells) {
    LocalDate day = date(cells);
    Usage usage =
        new Usage(
            count(cells, "usage_input_tokens_no_cache"),
            count(cells, "usage_input_tokens_cache_read"),
            count(cells, "usage_input_tokens_cache_write_5m"),
            0,
            count(cells, "usage_input_tokens_cache_write_1h"),
            0,
            count(cells, "usage_output_tokens"),
            0);
    if (day != null && Meters.tokens(usage) > 0) {
      String model = model(cells, "model_version", "Export all columns.");
      if (model != null) {
        rows.tokens(cells.place("model_version"), day, model, usage, -1);
      }
    }
  }

  private void anthropicCosts(Cells cells) {
    LocalDate day = date(cells);
    BigDecimal usd = usd(cells, "cost_usd");
    String model = cells.get("model");
    String what = model.isEmpty() ? cells.get("cost_type") : LineItem.modelOfName(model);
    if (day != null && !what.isEmpty()) {
      rows.cost(cells.place("model"), day, what, usd, HALF_A_CENT_NANO_USD);
    } else if (day != null && usd.signum() != 0) {
      model(cells, "model", "Export all columns.");
    }
  }

  // ---- cells

  private @Nullable LocalDate bucket(Cells cells) {
    Instant start = seconds(cells, "start_time");
    Instant end = seconds(cells, "end_time");
    return start == null || end == null ? null : rows.day(cells.place("start_time"), start, end);
  }

  private @Nullable Instant seconds(Cells cells, String column) {
    try {
      return Instant.ofEpochSecond(ExportRows.number(cells.get(column)).longValueExact());
    } catch (NumberFormatException | ArithmeticException | DateTimeException e) {
      rows.problem(
          cells.place(column)
              + ": found "
              + ExportRows.shown(cells.get(column))
              + ", allowed are seconds since 1970.");
      return null;
    }
  }

  private @Nullable LocalDate date(Cells cells) {
    try {
      LocalDate day = LocalDate.parse(cells.get("usage_date_utc"));
      Instant start = day.atStartOfDay(ZoneOffset.UTC).toInstant();
      return rows.day(cells.place("usage_date_utc"), start, start.plusSeconds(86_400));
    } catch (DateTimeException e) {
      rows.problem(
          cells.place("usage_date_utc")
              + ": found "
              + ExportRows.shown(cells.get("usage_date_utc"))
              + ", allowed is a day such as 2026-11-26.");
      return null;
    }
  }

  /** An empty cell is nothing. */
  private long count(Cells cells, String column) {
    String text = cells.get(column);
    if (text.isEmpty()) {
      return 0;
    }
    try {
      return rows.count(cells.place(column), ExportRows.number(text));
    } catch (NumberFormatException e) {
      rows.problem(
          cells.place(column)
              + ": found "
              + ExportRows.shown(text)
              + ", allowed is a whole number from 0 to "
              + ExportRows.TOKENS_MAX
              + ".");
      return 0;
    }
  }

  private BigDecimal usd(Cells cells, String column) {
    String text = cells.get(column);
    try {
      return rows.usd(cells.place(column), ExportRows.number(text));
    } catch (NumberFormatException e) {
      rows.problem(
          cells.place(column)
              + ": found "
              + ExportRows.shown(text)
              + ", allowed is an amount such as 12.34.");
      return BigDecimal.ZERO;
    }
  }

  private void currency(Cells cells) {
    String found = cells.get("amount_currency");
    if (!found.equalsIgnoreCase("usd")) {
      rows.problem(
          cells.place("amount_currency")
              + ": found "
              + ExportRows.shown(found)
              + ", allowed is USD.");
    }
  }

  private @Nullable String model(Cells cells, String column, String hint) {
    String text = cells.get(column);
    if (text.isEmpty()) {
      rows.problem(cells.place(column) + ": found nothing. " + hint);
      return null;
    }
    return text;
  }
}

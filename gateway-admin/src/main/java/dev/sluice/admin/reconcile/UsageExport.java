package dev.sluice.admin.reconcile;

import dev.sluice.billing.usage.Usage;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a provider says was used, or will be billed, per model and day (UTC).
 *
 * @param provider {@code openai} or {@code anthropic}
 * @param from where the report begins, inclusive, on a whole hour; empty buckets are part of it
 * @param until where it ends, exclusive, on a whole hour
 * @param rows in the order of day and model, one for each
 * @param notes what somebody who compares should know, whole sentences
 */
public record UsageExport(
    String provider, Instant from, Instant until, List<Row> rows, List<String> notes) {

  /** Bytes of the largest export. */
  public static final int BYTES_MAX = 16 << 20;

  /** Rows of the largest. */
  static final int ROWS_MAX = 100_000;

  /** Problems that are told; further ones are not looked for. */
  static final int PROBLEMS_MAX = 20;

  /**
   * One model on one day.
   *
   * @param model as the provider writes it; of a cost that belongs to none, what it is for
   * @param usage null where the export has no tokens
   * @param requests -1 where it does not say
   * @param costNanoUsd null where it has no money
   * @param costDoubtNanoUsd by how much that may be off because the provider rounds its report
   */
  public record Row(
      LocalDate day,
      String model,
      @Nullable Usage usage,
      long requests,
      @Nullable Long costNanoUsd,
      long costDoubtNanoUsd) {}

  public UsageExport {
    rows = List.copyOf(rows);
    notes = List.copyOf(notes);
  }

  /** What came of reading. */
  public sealed interface Result {}

  /** It could be read. */
  public record Read(UsageExport export) implements Result {}

  /**
   * It could not.
   *
   * @param problems whole sentences that name the line or the JSON pointer, what was found and what
   *     is allowed; at least one
   */
  public record Unreadable(List<String> problems) implements Result {
    public Unreadable {
      problems = List.copyOf(problems);
    }
  }

  /**
   * Reads an export: one of the provider's JSON documents, several glued together or in an array,
   * or a CSV. Members and columns that nobody here knows are passed over; numbers must be right.
   *
   * @param bytes UTF-8, not modified
   */
  public static Result read(byte[] bytes) {
    ExportRows rows = new ExportRows();
    if (bytes.length > BYTES_MAX) {
      rows.problem("The export has " + bytes.length + " bytes; allowed are " + BYTES_MAX + ".");
    } else if (isJson(bytes)) {
      new JsonExport(rows).read(bytes);
    } else {
      new CsvExport(rows).read(bytes);
    }
    return rows.result();
  }

  private static boolean isJson(byte[] bytes) {
    int at = startsWithMark(bytes) ? 3 : 0;
    while (at < bytes.length && bytes[at] >= 0 && Character.isWhitespace(bytes[at])) {
      at++;
    }
    return at < bytes.length && (bytes[at] == '{' || bytes[at] == '[');
  }

  /** The byte order mark that spreadsheets write. */
  static boolean startsWithMark(byte[] bytes) {
    return bytes.length >= 3
        && bytes[0] == (byte) 0xEF
        && bytes[1] == (byte) 0xBB
        && bytes[2] == (byte) 0xBF;
  }
}

package dev.sluice.admin.reconcile;

import dev.sluice.billing.usage.Usage;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * Reports as the APIs answer them: pages with {@code data}, buckets with {@code results}. Read as a
 * stream, so a large report takes as much memory as its models and days.
 */
final class JsonExport {

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** Objects within a result whose members count. */
  private static final Set<String> INNER = Set.of("amount", "cache_creation");

  private static final String BUCKET_START = "start_time or starting_at";
  private static final String BUCKET_END = "end_time or ending_at";
  private static final String ANTHROPIC_INPUT = "uncached_input_tokens";
  private static final String ANTHROPIC_WRITE = "cache_creation/ephemeral_";

  /** Results of OpenAI's usage API that count tokens; images, speech and the like do not. */
  private static final Set<String> TOKENS =
      Set.of(
          "organization.usage.completions.result",
          "organization.usage.embeddings.result",
          "organization.usage.moderations.result");

  private static final String COSTS = "organization.costs.result";

  /** One result, before it is known of which day it is. */
  private record Part(String at, Map<String, Object> members) {}

  private final ExportRows rows;
  private int document;
  private boolean hasMore;

  JsonExport(ExportRows rows) {
    this.rows = rows;
  }

  void read(byte[] bytes) {
    int skip = UsageExport.startsWithMark(bytes) ? 3 : 0;
    try (JsonParser parser =
        JSON.createParser(ObjectReadContext.empty(), bytes, skip, bytes.length - skip)) {
      while (parser.nextToken() != null && !rows.isHopeless()) {
        document++;
        if (parser.currentToken() == JsonToken.START_ARRAY) {
          objects(parser, "");
        } else {
          object(parser, "");
        }
      }
      if (hasMore) {
        rows.note(
            "The last page says has_more: there are further pages, which are not in here. Put them"
                + " behind it.");
      }
    } catch (JacksonException e) {
      var where = e.getLocation();
      rows.problem(
          (where == null
                  ? "The export"
                  : "line " + where.getLineNr() + ", column " + where.getColumnNr())
              + " is no JSON: "
              + e.getOriginalMessage()
              + ".");
    } catch (ArithmeticException e) {
      rows.problem("The export's counts are too large to be added up.");
    }
  }

  private String place(String pointer) {
    String shown = pointer.isEmpty() ? "the document" : pointer;
    return document == 1 ? shown : "document " + document + ", " + shown;
  }

  /** All elements of an array, each of which must be an object. */
  private void objects(JsonParser parser, String at) {
    for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
      object(parser, at + "/" + i);
    }
  }

  /** A page, or a bucket. */
  private void object(JsonParser parser, String at) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      rows.problem(place(at) + ": found " + found(parser) + ", allowed is an object.");
      parser.skipChildren();
      return;
    }
    List<Part> parts = new ArrayList<>();
    Map<String, Object> members = new HashMap<>();
    boolean isPage = false;
    boolean isBucket = false;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("data") && value == JsonToken.START_ARRAY) {
        isPage = true;
        objects(parser, at + "/data");
      } else if (name.equals("results") && value == JsonToken.START_ARRAY) {
        isBucket = true;
        results(parser, at + "/results", parts);
      } else if (value.isScalarValue()) {
        scalar(parser, members, name);
      } else {
        parser.skipChildren();
      }
    }
    if (isPage) {
      hasMore = Boolean.TRUE.equals(members.get("has_more"));
    } else if (isBucket) {
      bucket(at, members, parts);
    } else {
      rows.problem(
          place(at)
              + " has neither \"data\" nor \"results\", so it is no page and no bucket of a report."
              + " Allowed are "
              + ExportForm.KNOWN
              + ".");
    }
  }

  private void results(JsonParser parser, String at, List<Part> parts) {
    for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
      String here = at + "/" + i;
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        rows.problem(place(here) + ": found " + found(parser) + ", allowed is an object.");
        parser.skipChildren();
        continue;
      }
      Map<String, Object> members = new HashMap<>();
      members(parser, "", members);
      parts.add(new Part(here, members));
    }
  }

  private void members(JsonParser parser, String prefix, Map<String, Object> into) {
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (value == JsonToken.START_OBJECT && prefix.isEmpty() && INNER.contains(name)) {
        members(parser, name + "/", into);
      } else if (value.isScalarValue()) {
        scalar(parser, into, prefix + name);
      } else {
        parser.skipChildren();
      }
    }
  }

  /** Null is as good as absent. */
  private static void scalar(JsonParser parser, Map<String, Object> into, String name) {
    switch (parser.currentToken()) {
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> into.put(name, parser.getDecimalValue());
      case VALUE_STRING -> into.put(name, parser.getString());
      case VALUE_TRUE -> into.put(name, true);
      case VALUE_FALSE -> into.put(name, false);
      default -> {}
    }
  }

  private static String found(JsonParser parser) {
    JsonToken token = parser.currentToken();
    return token == JsonToken.START_ARRAY
        ? "an array"
        : token == JsonToken.VALUE_NULL ? "null" : ExportRows.shown(parser.getString());
  }

  // ---- a bucket

  private void bucket(String at, Map<String, Object> members, List<Part> parts) {
    boolean isAnthropic = members.containsKey("starting_at");
    Instant start = instant(at, members, isAnthropic ? "starting_at" : "start_time", BUCKET_START);
    Instant end = instant(at, members, isAnthropic ? "ending_at" : "end_time", BUCKET_END);
    LocalDate day = start == null || end == null ? null : rows.day(place(at), start, end);
    if (day == null) {
      return;
    }
    // An empty report has no result that would tell whose it is.
    rows.provider(place(at), isAnthropic ? ExportForm.ANTHROPIC_USAGE : ExportForm.OPENAI_USAGE);
    for (Part part : parts) {
      ExportForm form = form(part, isAnthropic);
      if (form == null) {
        continue;
      }
      switch (form) {
        case OPENAI_USAGE -> openAiUsage(part, day);
        case OPENAI_COSTS -> openAiCosts(part, day);
        case ANTHROPIC_USAGE -> anthropicUsage(part, day);
        case ANTHROPIC_COSTS -> anthropicCosts(part, day);
      }
    }
  }

  private @Nullable Instant instant(
      String at, Map<String, Object> members, String name, String allowed) {
    Object value = members.get(name);
    try {
      if (value instanceof BigDecimal seconds) {
        return Instant.ofEpochSecond(seconds.longValueExact());
      }
      if (value instanceof String text) {
        return OffsetDateTime.parse(text).toInstant();
      }
    } catch (ArithmeticException | DateTimeException e) {
      // told below
    }
    rows.problem(
        place(at)
            + ": found "
            + (value == null ? "no " + allowed : name + " " + ExportRows.shown(value.toString()))
            + ", allowed are seconds since 1970 (OpenAI) or a time such as 2026-11-26T00:00:00Z"
            + " (Anthropic).");
    return null;
  }

  /** Null, and told, where it is none that is known. */
  private @Nullable ExportForm form(Part part, boolean isAnthropic) {
    Map<String, Object> members = part.members();
    Object kind = members.get("object");
    ExportForm form = null;
    if (isAnthropic) {
      form =
          members.containsKey(ANTHROPIC_INPUT)
              ? ExportForm.ANTHROPIC_USAGE
              : members.containsKey("amount") ? ExportForm.ANTHROPIC_COSTS : null;
    } else if (kind == null || kind.equals(COSTS) || TOKENS.contains(kind)) {
      form =
          members.containsKey("input_tokens")
              ? ExportForm.OPENAI_USAGE
              : members.containsKey("amount/value") ? ExportForm.OPENAI_COSTS : null;
    }
    if (form == null) {
      rows.problem(
          place(part.at())
              + (kind == null ? "" : " is " + ExportRows.shown(kind.toString()) + ", which")
              + " has neither tokens nor an amount that is understood. Allowed are "
              + ExportForm.KNOWN
              + ".");
    }
    return form;
  }

  // ---- the four reports

  /** Input includes what was read from the cache and what was written to it. */
  private void openAiUsage(Part part, LocalDate day) {
    long input = count(part, "input_tokens", true);
    long cached = count(part, "input_cached_tokens", false);
    long written = count(part, "input_cache_write_tokens", false);
    long output = count(part, "output_tokens", false); // embeddings have none
    long uncached = input - cached - written;
    if (uncached < 0) {
      rows.problem(
          place(part.at())
              + ": found input_cached_tokens "
              + cached
              + " and input_cache_write_tokens "
              + written
              + ", allowed are together at most the input_tokens, "
              + input
              + ".");
      return;
    }
    if (input + output == 0) {
      return;
    }
    String model = model(part, "group_by=model");
    if (model != null) {
      rows.tokens(
          place(part.at()),
          day,
          model,
          new Usage(uncached, cached, 0, written, 0, 0, output, 0),
          part.members().containsKey("num_model_requests")
              ? count(part, "num_model_requests", false)
              : -1);
    }
  }

  private void openAiCosts(Part part, LocalDate day) {
    BigDecimal usd = usd(part, "amount/value", 0);
    currency(part, "amount/currency");
    if (usd.signum() == 0) {
      return;
    }
    Object item = part.members().get("line_item");
    if (item == null) {
      rows.problem(
          place(part.at())
              + " has no line_item, so its model is unknown. Ask for the report with"
              + " group_by=line_item.");
      return;
    }
    rows.cost(place(part.at()), day, LineItem.model(item.toString()), usd, 0);
  }

  private void anthropicUsage(Part part, LocalDate day) {
    Usage usage =
        new Usage(
            count(part, ANTHROPIC_INPUT, true),
            count(part, "cache_read_input_tokens", false),
            count(part, ANTHROPIC_WRITE + "5m_input_tokens", false),
            0,
            count(part, ANTHROPIC_WRITE + "1h_input_tokens", false),
            0,
            count(part, "output_tokens", true),
            0);
    if (Meters.tokens(usage) == 0) {
      return;
    }
    String model = model(part, "group_by[]=model");
    if (model != null) {
      rows.tokens(place(part.at()), day, model, usage, -1);
    }
  }

  /** Amounts are cents, as decimal strings. */
  private void anthropicCosts(Part part, LocalDate day) {
    BigDecimal usd = usd(part, "amount", 2);
    currency(part, "currency");
    if (usd.signum() == 0) {
      return;
    }
    Object model = part.members().get("model");
    Object what = model != null ? model : part.members().get("cost_type");
    if (what == null) {
      rows.problem(
          place(part.at())
              + " has no model and no cost_type. Ask for the report with group_by[]=description.");
      return;
    }
    rows.cost(place(part.at()), day, what.toString(), usd, 0);
  }

  // ---- members

  private long count(Part part, String name, boolean isNeeded) {
    Object value = part.members().get(name);
    if (value instanceof BigDecimal number) {
      return rows.count(place(part.at() + "/" + name), number);
    }
    if (value != null || isNeeded) {
      rows.problem(
          place(part.at() + "/" + name)
              + ": found "
              + (value == null ? "nothing" : ExportRows.shown(value.toString()))
              + ", allowed is a whole number from 0 to "
              + ExportRows.TOKENS_MAX
              + ".");
    }
    return 0;
  }

  /**
   * @param places by which the point is moved to the left to make it dollars
   */
  private BigDecimal usd(Part part, String name, int places) {
    Object value = part.members().get(name);
    String at = place(part.at() + "/" + name);
    try {
      // OpenAI writes numbers, and now and then strings of them.
      BigDecimal number =
          value instanceof BigDecimal decimal ? decimal : ExportRows.number(String.valueOf(value));
      return rows.usd(at, number).scaleByPowerOfTen(-places);
    } catch (NumberFormatException e) {
      rows.problem(
          at
              + ": found "
              + (value == null ? "nothing" : ExportRows.shown(value.toString()))
              + ", allowed is an amount such as 12.34.");
      return BigDecimal.ZERO;
    }
  }

  private void currency(Part part, String name) {
    Object value = part.members().get(name);
    if (value == null || !value.toString().equalsIgnoreCase("usd")) {
      rows.problem(
          place(part.at() + "/" + name)
              + ": found "
              + (value == null ? "nothing" : ExportRows.shown(value.toString()))
              + ", allowed is USD.");
    }
  }

  private @Nullable String model(Part part, String ask) {
    Object model = part.members().get("model");
    if (model instanceof String name && !name.isEmpty()) {
      return name;
    }
    rows.problem(place(part.at()) + " has no model. Ask for the report with " + ask + ".");
    return null;
  }
}

package dev.sluice.core.config;

import dev.sluice.billing.price.Change;
import dev.sluice.billing.price.LongPrompt;
import dev.sluice.billing.price.Price;
import dev.sluice.billing.price.PricedMeter;
import dev.sluice.billing.price.Rates;
import dev.sluice.billing.price.Tier;
import dev.sluice.billing.price.Window;
import dev.sluice.billing.price.Window.Hours;
import dev.sluice.billing.usage.Money;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * LiteLLM's {@code model_prices_and_context_window.json}, as it is: dollars per single token,
 * numbers also as texts, fields that nobody here knows, and an entry that is documentation. An
 * entry that cannot be understood is left out and noted: its model is then unknown, which is seen,
 * where a guess would not be.
 *
 * <p>Differs from LiteLLM's own reading in two places: a cache rate that is missing is the input
 * rate and marked, where LiteLLM takes it for free; and a whole request is long by the total of its
 * prompt, as there.
 */
final class LiteLlmPrices {

  private static final Map<String, List<PricedMeter>> METERS =
      Map.of(
          "input_cost_per_token",
          List.of(PricedMeter.INPUT),
          "output_cost_per_token",
          List.of(PricedMeter.OUTPUT),
          "output_cost_per_reasoning_token",
          List.of(PricedMeter.REASONING),
          "cache_read_input_token_cost",
          List.of(PricedMeter.CACHE_READ),
          // One field for each provider's shortest lifetime: 5 minutes at Anthropic, 30 at OpenAI.
          "cache_creation_input_token_cost",
          List.of(PricedMeter.CACHE_WRITE_5M, PricedMeter.CACHE_WRITE_30M),
          "cache_creation_input_token_cost_above_1hr",
          List.of(PricedMeter.CACHE_WRITE_1H));

  private static final Pattern RATE =
      Pattern.compile(
          "(input_cost_per_token|output_cost_per_token|output_cost_per_reasoning_token"
              + "|cache_read_input_token_cost|cache_creation_input_token_cost(?:_above_1hr)?)"
              + "(?:_above_(\\d{1,6})k_tokens)?"
              + "(?:_(batches|flex|priority|ultrafast))?");

  /** LiteLLM's tags of the same provider's parts. */
  private static final Map<String, String> PROVIDERS =
      Map.of(
          "bedrock_converse",
          "bedrock",
          "text-completion-openai",
          "openai",
          "azure_text",
          "azure",
          "cohere_chat",
          "cohere",
          "text-completion-codestral",
          "codestral");

  private static final String UPLIFT = "regional_processing_uplift_multiplier_";

  private final Map<String, Map<Long, Map<PricedMeter, Long>>> ratesOfTiers = new TreeMap<>();
  private final Map<String, Change> regions = new TreeMap<>();
  private final Map<String, Change> factorsOfTiers = new TreeMap<>();
  private final List<Window> windows = new ArrayList<>();

  private LiteLlmPrices() {}

  /** An entry that is left out, with the reason. */
  private static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1L;

    Unreadable(String why) {
      super(why);
    }
  }

  /** Rows of all entries that have prices per token. */
  static List<Price> read(String file, Node.Group root, List<Problem> notes) {
    List<Price> prices = new ArrayList<>();
    root.entries()
        .forEach(
            (name, entry) -> {
              if (name.equals("sample_spec")) {
                return;
              }
              try {
                if (!(entry.value() instanceof Node.Group group)) {
                  throw new Unreadable("is " + entry.value().what());
                }
                Price price = new LiteLlmPrices().price(name, group);
                if (price != null) {
                  prices.add(price);
                }
              } catch (Unreadable e) {
                String key = Shown.key(name);
                notes.add(
                    new Problem(
                        file, entry.line(), key, key + " " + e.getMessage() + ": it is left out."));
              }
            });
    return prices;
  }

  /** Null where nothing has a price per token: images, seconds of sound, pages. */
  private @Nullable Price price(String name, Node.Group group) throws Unreadable {
    String tag = text(group, "litellm_provider");
    String provider = provider(tag);
    for (Map.Entry<String, Node.Entry> field : group.entries().entrySet()) {
      Matcher rate = RATE.matcher(field.getKey());
      Node value = field.getValue().value();
      if (rate.matches()) {
        long threshold = rate.group(2) == null ? 0 : 1_000 * Long.parseLong(rate.group(2));
        String tier = rate.group(3) == null ? "" : rate.group(3);
        put(tier, threshold, rate.group(1), field.getKey(), value);
      } else if (field.getKey().startsWith(UPLIFT)) {
        region(field.getKey().substring(UPLIFT.length()), field.getKey(), value);
      } else {
        switch (field.getKey()) {
          case "regional_endpoint_uplift_multiplier" -> region("regional", field.getKey(), value);
          case "provider_specific_entry" -> specific(value);
          case "off_peak_pricing" -> offPeak(value);
          default -> {
            // Limits, abilities, and prices of things that are no tokens.
          }
        }
      }
    }
    // Last, so that its first range takes the place of the plain rates, wherever it stands.
    Node.Entry tiered = group.entries().get("tiered_pricing");
    if (tiered != null) {
      tiered(tiered.value());
    }
    if (ratesOfTiers.isEmpty() && windows.isEmpty()) {
      return null;
    }
    String model = name.startsWith(tag + "/") ? name.substring(tag.length() + 1) : name;
    if (model.equals(name) && name.startsWith(provider + "/")) {
      model = name.substring(provider.length() + 1);
    }
    // A * there says which models may be asked for, not that all of them cost the same.
    if (PriceRows.faultOf(model) != null || model.contains("*")) {
      throw new Unreadable("is not the name of a model");
    }
    boolean isInclusive = provider.equals("xai");
    Map<Long, Map<PricedMeter, Long>> plain = ratesOfTiers.getOrDefault("", Map.of());
    String source = text(group, "source");
    return new Price(
        provider.isEmpty() ? null : provider,
        model,
        null,
        null,
        rates(plain.getOrDefault(0L, Map.of())),
        longPrompts(plain, isInclusive),
        tiers(isInclusive),
        new TreeMap<>(regions),
        windows,
        false,
        "",
        source.isEmpty() ? "LiteLLM" : "LiteLLM, " + source);
  }

  /** {@code vertex_ai-anthropic_models} is of {@code vertex_ai}. */
  private static String provider(String tag) {
    String known = PROVIDERS.get(tag);
    if (known != null) {
      return known;
    }
    return tag.startsWith("vertex_ai-") ? "vertex_ai" : tag;
  }

  private static String text(Node.Group group, String key) {
    Node.Entry entry = group.entries().get(key);
    return entry != null && entry.value() instanceof Node.Text(int _, String text)
        ? Shown.name(text)
        : "";
  }

  // ---- rates

  private void put(String tier, long threshold, String field, String key, Node node)
      throws Unreadable {
    Long rate = rate(key, node);
    if (rate != null) {
      Map<PricedMeter, Long> rates =
          ratesOfTiers
              .computeIfAbsent(tier, t -> new TreeMap<>())
              .computeIfAbsent(threshold, t -> new EnumMap<>(PricedMeter.class));
      for (PricedMeter meter : METERS.getOrDefault(field, List.of())) {
        rates.put(meter, rate);
      }
    }
  }

  /** In nano-dollars per million; null for {@code null}. */
  private static @Nullable Long rate(String key, Node node) throws Unreadable {
    BigDecimal number = number(key, node);
    if (number == null) {
      return null;
    }
    try {
      long rate = Money.perToken(number);
      if (rate >= 0 && rate <= Rates.MAX) {
        return rate;
      }
    } catch (ArithmeticException e) {
      // Larger than any price.
    }
    throw new Unreadable("has " + key + ", which is no price");
  }

  private static @Nullable BigDecimal number(String key, Node node) throws Unreadable {
    String text = node instanceof Node.Text(int _, String t) ? t.strip() : "{}";
    if (text.isEmpty()) {
      return null;
    }
    BigDecimal number = Fields.decimal(text);
    if (number == null) {
      throw new Unreadable("has " + key + ", which is no number");
    }
    return number;
  }

  private static Rates rates(Map<PricedMeter, Long> rates) {
    return new Rates(
        rates.get(PricedMeter.INPUT),
        rates.get(PricedMeter.CACHE_READ),
        rates.get(PricedMeter.CACHE_WRITE_5M),
        rates.get(PricedMeter.CACHE_WRITE_30M),
        rates.get(PricedMeter.CACHE_WRITE_1H),
        rates.get(PricedMeter.CACHE_WRITE_12H),
        rates.get(PricedMeter.OUTPUT),
        rates.get(PricedMeter.REASONING));
  }

  private static List<LongPrompt> longPrompts(
      Map<Long, Map<PricedMeter, Long>> rates, boolean isInclusive) {
    return rates.entrySet().stream()
        .filter(e -> e.getKey() > 0)
        .map(e -> new LongPrompt(e.getKey(), isInclusive, Change.rates(rates(e.getValue()))))
        .toList();
  }

  private SortedMap<String, Tier> tiers(boolean isInclusive) {
    SortedMap<String, Tier> tiers = new TreeMap<>();
    factorsOfTiers.forEach((name, change) -> tiers.put(name, new Tier(change, List.of())));
    ratesOfTiers.forEach(
        (name, rates) -> {
          Tier tier =
              new Tier(
                  Change.rates(rates(rates.getOrDefault(0L, Map.of()))),
                  longPrompts(rates, isInclusive));
          switch (name) {
            case "" -> {
              // The plain rates.
            }
            case "batches" -> tiers.put("batch", tier);
            case "priority" -> {
              tiers.put("priority", tier);
              tiers.putIfAbsent("fast", tier);
            }
            default -> tiers.put(name, tier);
          }
        });
    return tiers;
  }

  // ---- multipliers

  private void region(String name, String key, Node node) throws Unreadable {
    Change change = factor(key, node);
    if (change != null) {
      regions.put(name, change);
    }
  }

  private void specific(Node node) throws Unreadable {
    if (node instanceof Node.Group group) {
      for (Map.Entry<String, Node.Entry> entry : group.entries().entrySet()) {
        String key = entry.getKey();
        Node value = entry.getValue().value();
        if (key.equals("us") || key.equals("eu")) {
          region(key, key, value);
        } else if (key.equals("fast")) {
          Change change = factor(key, value);
          if (change != null) {
            factorsOfTiers.put(key, change);
          }
        }
      }
    }
  }

  private static @Nullable Change factor(String key, Node node) throws Unreadable {
    BigDecimal number = number(key, node);
    Long factor = number == null ? null : Fields.factor(number.toPlainString());
    if (number != null && factor == null) {
      throw new Unreadable("has " + key + ", which is no factor");
    }
    return factor == null ? null : Change.factor(factor);
  }

  // ---- tiers by the size of the prompt

  private void tiered(Node node) throws Unreadable {
    for (Node item : node instanceof Node.Items items ? items.items() : List.<Node>of()) {
      if (!(item instanceof Node.Group group)) {
        throw new Unreadable("has a tiered_pricing that is no list of objects");
      }
      Node.Entry range = group.entries().get("range");
      if (range == null
          || !(range.value() instanceof Node.Items(int _, List<Node> ends))
          || ends.isEmpty()) {
        throw new Unreadable("has a tiered_pricing without a range");
      }
      BigDecimal from = number("range", ends.getFirst());
      Long threshold = from == null ? null : Fields.tokens(from.toPlainString());
      if (threshold == null) {
        throw new Unreadable("has a range that is none of tokens");
      }
      for (Map.Entry<String, Node.Entry> field : group.entries().entrySet()) {
        if (METERS.containsKey(field.getKey())) {
          put("", threshold, field.getKey(), field.getKey(), field.getValue().value());
        }
      }
    }
  }

  // ---- hours

  private void offPeak(Node node) throws Unreadable {
    if (!(node instanceof Node.Group block) || block.entries().isEmpty()) {
      return;
    }
    Map<PricedMeter, Long> own = new EnumMap<>(PricedMeter.class);
    for (Map.Entry<String, Node.Entry> field : block.entries().entrySet()) {
      for (PricedMeter meter : METERS.getOrDefault(field.getKey(), List.of())) {
        Long rate = rate(field.getKey(), field.getValue().value());
        if (rate != null) {
          own.put(meter, rate);
        }
      }
    }
    Change change = Change.rates(rates(own));
    String zoneName = text(block, "weekday_timezone");
    ZoneId zone = zone(zoneName);
    if (block.entries().containsKey("hours_utc")) {
      windows.add(window(block, zone, change));
    }
    Node.Entry more = block.entries().get("windows");
    for (Node item :
        more != null && more.value() instanceof Node.Items(int _, List<Node> items)
            ? items
            : List.<Node>of()) {
      if (!(item instanceof Node.Group one)) {
        throw new Unreadable("has a window that is no object");
      }
      windows.add(window(one, zone, change));
    }
  }

  private static ZoneId zone(String name) throws Unreadable {
    try {
      return name.isEmpty() ? ZoneOffset.UTC : ZoneId.of(name);
    } catch (DateTimeException e) {
      throw new Unreadable("has a weekday_timezone that is none");
    }
  }

  private static Window window(Node.Group block, ZoneId zone, Change change) throws Unreadable {
    List<Hours> hours = new ArrayList<>();
    for (String text : texts(block, "hours_utc")) {
      Hours one = PriceRules.hours(text);
      if (one == null) {
        throw new Unreadable("has hours_utc that are none");
      }
      hours.add(one);
    }
    Set<DayOfWeek> days =
        block.entries().containsKey("weekdays")
            ? EnumSet.noneOf(DayOfWeek.class)
            : EnumSet.allOf(DayOfWeek.class);
    for (String text : texts(block, "weekdays")) {
      DayOfWeek day =
          text.length() == 1 && text.charAt(0) >= '1' && text.charAt(0) <= '7'
              ? DayOfWeek.of(text.charAt(0) - '0')
              : PriceRules.day(text);
      if (day == null) {
        throw new Unreadable("has weekdays that are none");
      }
      days.add(day);
    }
    return new Window("off-peak", days, hours, new TreeSet<>(), zone, change);
  }

  private static List<String> texts(Node.Group group, String key) {
    Node.Entry entry = group.entries().get(key);
    return switch (entry == null ? null : entry.value()) {
      case null -> List.of();
      case Node.Text(int _, String text) -> List.of(text);
      case Node.Items(int _, List<Node> items) ->
          items.stream().map(i -> i instanceof Node.Text(int _, String t) ? t : "").toList();
      case Node _ -> List.of("");
    };
  }
}

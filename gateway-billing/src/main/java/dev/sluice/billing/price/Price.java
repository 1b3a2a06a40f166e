package dev.sluice.billing.price;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * One row of a price table: what the tokens of a model cost for as long as the row is valid.
 * Immutable.
 *
 * <p>Everything that differs from the plain rates is a {@link Change}. Where several apply, the
 * rate is that of the first that has its own (the window, the tier's long prompt, the long prompt,
 * the tier, the region, at last the plain rate), and the factors of the others multiply it: a batch
 * is half of the long prompt's rate as well, as the providers have it.
 *
 * @param provider tag, or null for any
 * @param model its name; with a {@code *} at the end, the beginning of names
 * @param from first instant at which it is valid, null for always
 * @param until first instant at which it is no longer valid, null for never
 * @param longPrompts highest threshold first, of which the first that is met counts
 * @param tiers by the name of the tier, as served, in small letters
 * @param regions by the name of the region, in small letters
 * @param windows of which the first that covers the instant counts
 * @param isApproximate whether the rates themselves are in doubt
 * @param note what people should know of it, or empty
 * @param source where it is from and of when, or empty
 */
public record Price(
    @Nullable String provider,
    String model,
    @Nullable Instant from,
    @Nullable Instant until,
    Rates rates,
    List<LongPrompt> longPrompts,
    SortedMap<String, Tier> tiers,
    SortedMap<String, Change> regions,
    List<Window> windows,
    boolean isApproximate,
    String note,
    String source) {

  static final String ANY = "*";

  public Price {
    if (model.isEmpty() || model.indexOf('*') != (isPattern(model) ? model.length() - 1 : -1)) {
      throw new IllegalArgumentException("Not a model or the beginning of models: " + model);
    }
    if (from != null && until != null && !from.isBefore(until)) {
      throw new IllegalArgumentException(model + " from " + from + " until " + until);
    }
    longPrompts = highestFirst(longPrompts);
    tiers = sorted(tiers);
    regions = sorted(regions);
    windows = List.copyOf(windows);
  }

  /** A row of plain rates, valid always. */
  public static Price plain(@Nullable String provider, String model, Rates rates) {
    return new Price(
        provider,
        model,
        null,
        null,
        rates,
        List.of(),
        new TreeMap<>(),
        new TreeMap<>(),
        List.of(),
        false,
        "",
        "");
  }

  private static boolean isPattern(String model) {
    return model.endsWith(ANY);
  }

  boolean isPattern() {
    return isPattern(model);
  }

  static List<LongPrompt> highestFirst(List<LongPrompt> longPrompts) {
    return longPrompts.stream()
        .sorted(
            Comparator.comparingLong(LongPrompt::threshold)
                .thenComparing(p -> !p.isInclusive())
                .reversed())
        .toList();
  }

  private static <T> SortedMap<String, T> sorted(Map<String, T> map) {
    SortedMap<String, T> sorted = new TreeMap<>();
    map.forEach((name, value) -> sorted.put(name.toLowerCase(Locale.ROOT), value));
    return Collections.unmodifiableSortedMap(sorted);
  }

  boolean isValidAt(Instant at) {
    return (from == null || !at.isBefore(from)) && (until == null || at.isBefore(until));
  }

  /**
   * {@code anthropic/claude-sonnet-5-5@2026-10-07#1f3a9c02}: two rows of the same version have the
   * same numbers, whichever files they came from.
   */
  public String version() {
    Price numbers =
        new Price(
            provider,
            model,
            from,
            until,
            rates,
            longPrompts,
            tiers,
            regions,
            windows,
            isApproximate,
            "",
            "");
    CRC32 sum = new CRC32();
    sum.update(numbers.toString().getBytes(StandardCharsets.UTF_8));
    return name() + (from == null ? "" : "@" + text(from)) + "#%08x".formatted(sum.getValue());
  }

  /** {@code anthropic/claude-sonnet-5-5}. */
  public String name() {
    return (provider == null ? ANY : provider) + "/" + model;
  }

  private static String text(Instant instant) {
    String text = instant.toString();
    return text.endsWith("T00:00:00Z") ? text.substring(0, text.indexOf('T')) : text;
  }
}

package dev.sluice.billing.price;

import dev.sluice.billing.price.Priced.Factor;
import dev.sluice.billing.price.Priced.Known;
import dev.sluice.billing.price.Priced.Line;
import dev.sluice.billing.price.Priced.Unknown;
import dev.sluice.billing.usage.Money;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A sum in words: a table of its lines, aligned for a terminal. */
final class Explanation {

  private Explanation() {}

  static String of(PriceAsk ask, Priced priced, @Nullable Price price) {
    return switch (priced) {
      case Unknown(String reason) -> "Unknown: " + reason + "\n";
      case Known known -> of(ask, known, price);
    };
  }

  private static String of(PriceAsk ask, Known known, @Nullable Price price) {
    StringBuilder text = new StringBuilder();
    text.append(ask.model()).append(" at ").append(ask.at()).append('\n');
    text.append("row: ").append(known.version()).append('\n');
    if (price != null && !price.source().isEmpty()) {
      text.append("source: ").append(price.source()).append('\n');
    }
    if (price != null && !price.note().isEmpty()) {
      text.append("note: ").append(price.note()).append('\n');
    }
    text.append('\n');
    List<List<String>> table = new ArrayList<>();
    table.add(List.of("meter", "tokens", "$ per million", "cost", "why"));
    for (Line line : known.lines()) {
      table.add(
          List.of(
              line.meter().label(),
              String.format(Locale.ROOT, "%,d", line.tokens()),
              Money.rate(line.nanoUsdPerMillion()),
              Money.text(line.nanoUsd()),
              why(line)));
    }
    String sum = Money.text(known.nanoUsd());
    table.add(List.of("sum", "", "", sum, known.approximate() ? "approximate" : ""));
    return text.append(aligned(table)).toString();
  }

  private static String why(Line line) {
    List<String> parts = new ArrayList<>();
    if (!line.rateOf().isEmpty()) {
      parts.add("rate of " + line.rateOf());
    }
    for (Factor factor : line.factors()) {
      String times =
          BigDecimal.valueOf(factor.millionths(), 6).stripTrailingZeros().toPlainString();
      parts.add("x " + times + " " + factor.why());
    }
    if (line.doubt() != null) {
      parts.add("approximate: " + line.doubt());
    }
    return String.join("; ", parts);
  }

  /** The first and the last column to the left, numbers to the right. */
  private static String aligned(List<List<String>> table) {
    int columns = table.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : table) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return table.stream()
        .map(
            row -> {
              StringBuilder line = new StringBuilder();
              for (int i = 0; i < columns; i++) {
                String cell = row.get(i);
                String space = " ".repeat(widths[i] - cell.length());
                boolean isText = i == 0 || i == columns - 1;
                line.append(isText ? cell + space : space + cell).append("  ");
              }
              return line.toString().stripTrailing() + "\n";
            })
        .collect(Collectors.joining());
  }
}

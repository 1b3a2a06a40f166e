package dev.sluice.it.invoice;

import dev.sluice.admin.demo.Invoice;
import java.util.List;

/**
 * One call in the provider's own books.
 *
 * @param id what its client called it
 */
public record BilledCall(String id, String model, String tier, Meters meters) {

  /** All that the scripted provider's {@code /scripted/calls} shows. */
  public static List<BilledCall> parse(String lines) {
    return lines.lines().map(BilledCall::of).toList();
  }

  private static BilledCall of(String line) {
    String[] words = line.split(" ", -1);
    if (words.length != 9) {
      throw new IllegalArgumentException("A call is nine words, and not: " + line);
    }
    long[] counts = new long[6];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = Long.parseLong(words[3 + i]);
    }
    return new BilledCall(
        words[0],
        words[1],
        words[2],
        new Meters(counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]));
  }

  /** The same of a provider in this process. */
  public static List<BilledCall> of(Invoice invoice) {
    return invoice.calls().stream().map(BilledCall::of).toList();
  }

  private static BilledCall of(Invoice.Call call) {
    Invoice.Line line = call.line();
    return new BilledCall(
        call.id(),
        call.model(),
        call.tier(),
        new Meters(
            line.uncachedTokens(),
            line.cachedTokens(),
            line.written5mTokens(),
            line.written30mTokens(),
            line.written1hTokens(),
            line.outputTokens()));
  }

  Amount cost() {
    return HandPrices.of(model, tier, meters);
  }
}

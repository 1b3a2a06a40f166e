package dev.sluice.billing.price;

import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;

/** The price table in force. Any thread; a call is priced by one table, never by a mixture. */
public final class PriceBook {

  private volatile PriceTable table;

  public PriceBook(PriceTable table) {
    this.table = table;
  }

  /** Another table from now on. What was priced stays as it was. */
  public void apply(PriceTable changed) {
    table = changed;
  }

  /** As last applied. */
  public PriceTable table() {
    return table;
  }

  /** Nothing for no tokens, whatever the model. */
  public Cost cost(PriceAsk ask) {
    return ask.usage().equals(Usage.NONE) ? Cost.NONE : table.price(ask).cost();
  }
}

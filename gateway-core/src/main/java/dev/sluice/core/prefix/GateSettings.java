package dev.sluice.core.prefix;

import java.time.Duration;

/**
 * How the gate behaves.
 *
 * @param mode for prefixes that nobody has registered
 * @param maxWait longest a call waits for another to begin
 * @param prefixesMax prefixes known at a time; the least used are forgotten
 */
public record GateSettings(GateMode mode, Duration maxWait, int prefixesMax) {

  /** Unless the configuration says otherwise. */
  public static final GateSettings DEFAULT =
      new GateSettings(GateMode.OBSERVE, Duration.ofSeconds(8), 10_000);
}

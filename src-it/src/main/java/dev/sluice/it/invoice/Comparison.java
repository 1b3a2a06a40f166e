package dev.sluice.it.invoice;

import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.usage.UsageSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A ledger beside the books of the provider, call by call.
 *
 * <p>A row that the provider has counted to the end must equal the bill, meter by meter, in tokens
 * and in nano-dollars. A row that is marked as an estimate is only looked at whether it may be one:
 * where the provider did not say what it billed, or where the gateway died.
 */
public final class Comparison {

  private static final int PROBLEMS_MAX = 10;

  private final Map<String, List<CallRecord>> booked = new HashMap<>();
  private final Map<String, Long> byDialect = new TreeMap<>();
  private final List<String> problems = new ArrayList<>();
  private long billed;
  private long equal;
  private long tokenDifference;
  private long nanoUsdDifference;
  private long lost;
  private long doubled;
  private long unexpected;
  private long estimated;
  private long estimatedTokens;
  private long estimatedBilledTokens;
  private long diedAndBilled;
  private long diedUnbilled;

  private Comparison() {}

  /**
   * Compares.
   *
   * @param bills all of the provider's calls of the rounds that this ledger has
   * @param rows all of the ledger's
   */
  public static Comparison of(List<BilledCall> bills, List<CallRecord> rows) {
    Comparison comparison = new Comparison();
    for (CallRecord row : rows) {
      String id = row.tags().getOrDefault("x-call", "");
      if (id.isEmpty()) {
        comparison.unexpected++;
        comparison.problem("no x-call in the row of " + row.callId());
      } else {
        comparison.booked.computeIfAbsent(id, _ -> new ArrayList<>(1)).add(row);
      }
    }
    Map<String, Integer> times = new HashMap<>();
    for (BilledCall bill : bills) {
      comparison.billed++;
      if (times.merge(bill.id(), 1, Integer::sum) == 1) {
        comparison.bill(bill);
      } else {
        comparison.doubled++;
        comparison.problem("billed twice: " + bill);
      }
    }
    comparison.booked.forEach(
        (id, all) -> {
          if (!times.containsKey(id)) {
            all.forEach(row -> comparison.unbilled(id, row));
          }
        });
    return comparison;
  }

  private void bill(BilledCall bill) {
    List<CallRecord> rows = booked.getOrDefault(bill.id(), List.of());
    if (rows.isEmpty()) {
      lost++;
      problem("not in the ledger: " + bill);
      return;
    }
    if (rows.size() > 1) {
      doubled += rows.size() - 1;
      problem(rows.size() + " times in the ledger: " + bill);
    }
    CallRecord row = rows.getFirst();
    Meters meters = Meters.of(row.usage());
    switch (row.usageSource()) {
      case PROVIDER -> {
        long tokens = meters.difference(bill.meters());
        long nanos = Amount.of(row.cost()).difference(bill.cost());
        tokenDifference += tokens;
        nanoUsdDifference += nanos;
        equal += tokens == 0 && nanos == 0 ? 1 : 0;
        byDialect.merge(row.dialect(), 1L, Long::sum);
        if (tokens != 0 || nanos != 0) {
          problem(bill + " costs " + bill.cost() + ", but the row says " + row);
        }
      }
      case PARTIAL, ESTIMATE -> {
        estimated++;
        estimatedTokens += meters.tokens();
        estimatedBilledTokens += bill.meters().tokens();
        if (row.outcome() == Outcome.LOST) {
          diedAndBilled++;
        } else if (PlannedCall.wayOf(bill.id()).isCounted()) {
          unexpected++;
          problem(bill + " was counted by the provider, but the row is an estimate: " + row);
        }
      }
      case NONE -> {
        lost++;
        problem("in the ledger as if nothing had been billed: " + bill + ": " + row);
      }
    }
  }

  private void unbilled(String id, CallRecord row) {
    if (row.usageSource() == UsageSource.NONE) {
      return; // refused by the provider, or never sent
    }
    if (row.outcome() == Outcome.LOST) {
      diedUnbilled++; // between its intent and its being read by the provider
    } else if (row.usageSource() == UsageSource.PROVIDER || PlannedCall.wayOf(id).isCounted()) {
      tokenDifference += Meters.of(row.usage()).difference(Meters.NONE);
      nanoUsdDifference += Amount.of(row.cost()).sum();
      unexpected++;
      problem("never billed, but in the ledger: " + row);
    } else {
      estimated++;
      estimatedTokens += Meters.of(row.usage()).tokens();
    }
  }

  private void problem(String what) {
    if (problems.size() < PROBLEMS_MAX) {
      problems.add(what);
    }
  }

  /** Whether the ledger is right as far as anything can be known. */
  public boolean isExact() {
    return billed > 0
        && tokenDifference == 0
        && nanoUsdDifference == 0
        && lost == 0
        && doubled == 0
        && unexpected == 0;
  }

  /** Calls that the provider has billed. */
  public long billed() {
    return billed;
  }

  /** Of those, the ones with a row that says the same. */
  public long equal() {
    return equal;
  }

  /** Tokens on a wrong meter, missing, or too many, of calls that the provider has counted. */
  public long tokenDifference() {
    return tokenDifference;
  }

  public long nanoUsdDifference() {
    return nanoUsdDifference;
  }

  /** Billed calls without a row, or with one that says that nothing was billed. */
  public long lost() {
    return lost;
  }

  /** Rows beyond the first of a billed call; also calls that were forwarded twice. */
  public long doubled() {
    return doubled;
  }

  /** Rows that should not be as they are: estimates of what was counted, rows without an id. */
  public long unexpected() {
    return unexpected;
  }

  /** Rows of billed calls that are marked as estimates, those of a death included. */
  public long estimated() {
    return estimated;
  }

  /** Tokens of these rows over those that were billed. */
  public double estimatedRatio() {
    return (double) estimatedTokens / estimatedBilledTokens;
  }

  /** Calls that were open when the gateway died, and were billed. */
  public long diedAndBilled() {
    return diedAndBilled;
  }

  /** Calls that were open when the gateway died, and had not reached the provider. */
  public long diedUnbilled() {
    return diedUnbilled;
  }

  /** Calls that were compared to the token, by dialect: {@code chat 8, messages 4}. */
  public String byDialect() {
    List<String> parts = new ArrayList<>();
    byDialect.forEach((dialect, calls) -> parts.add(dialect + " " + calls));
    return String.join(", ", parts);
  }

  /** The first that were found. */
  public List<String> problems() {
    return List.copyOf(problems);
  }

  @Override
  public String toString() {
    return billed
        + " billed, "
        + equal
        + " equal, differences of "
        + tokenDifference
        + " tokens and "
        + nanoUsdDifference
        + " nano-dollars, "
        + lost
        + " lost, "
        + doubled
        + " doubled, "
        + unexpected
        + " not as they should be, "
        + estimated
        + " estimated (of which died "
        + diedAndBilled
        + "; died before they were billed "
        + diedUnbilled
        + ")"
        + (problems.isEmpty() ? "" : "\n  " + String.join("\n  ", problems));
  }
}

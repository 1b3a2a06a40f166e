package dev.sluice.it.prove;

import java.util.SplittableRandom;

/**
 * The ledger is what the provider bills, to the token and to the nano-dollar, and {@code kill -9}
 * takes nothing from it.
 *
 * <p>Three rounds, each with a ledger of its own: calls of all kinds, as fast as they are answered;
 * then calls without end to a gateway that is killed at random moments and started again at once;
 * then the same, fewer times, with one that puts intents on the disk before it forwards. Every
 * attempt of a client has an id, by which its bill and its row find each other. What a bill comes
 * to is worked out by prices that are written down in the proof itself.
 */
final class Invoice implements Promise {

  private static final int CALLS = 100_000;
  private static final int KILLS = 100;

  @Override
  public String name() {
    return "invoice";
  }

  private static long number(String variable, long otherwise) {
    String given = System.getenv(variable);
    return given == null ? otherwise : Long.parseLong(given);
  }

  @Override
  public boolean play(Ground ground, Figures figures) throws Exception {
    long seed = number("SLUICE_SEED", System.nanoTime());
    int calls = Math.toIntExact(number("SLUICE_CALLS", CALLS));
    int kills = Math.toIntExact(number("SLUICE_KILLS", KILLS));
    int strictKills = Math.ceilDiv(kills, 10);
    ground.say("SLUICE_SEED=" + seed);
    SplittableRandom random = new SplittableRandom(seed);
    int providerPort = Ground.freePort();
    try (Child provider = ground.provider(providerPort, "", null)) {
      assert provider.isAlive();
      var calm =
          new InvoiceRound(ground, providerPort, "calm", "relaxed", random.split()).play(calls);
      put(figures, calls, calm);
      var killed =
          new InvoiceRound(ground, providerPort, "killed", "relaxed", random.split())
              .playKilled(kills);
      var strict =
          new InvoiceRound(ground, providerPort, "strict", "strict", random.split())
              .playKilled(strictKills);
      put(figures, kills, strictKills, calm, killed, strict);
      figures.put("seed", seed);
      calm.failures()
          .forEach(failure -> ground.say("answered otherwise than it should: " + failure));
      return calm.isExact()
          && calm.failures().isEmpty()
          && killed.isExact()
          && strict.isExact()
          // Or the kills have met nothing, and prove nothing.
          && killed.comparison().diedAndBilled() >= kills;
    }
  }

  private static void put(Figures figures, int calls, InvoiceRound.Outcome calm) {
    var all = calm.comparison();
    figures.put("calls", calls);
    figures.put("billed", all.billed());
    figures.put("equal", all.equal());
    figures.put("token_difference", all.tokenDifference());
    figures.put("nano_usd_difference", all.nanoUsdDifference());
    figures.put("estimated", all.estimated());
    figures.put("estimated_tokens_ratio", all.estimatedRatio());
    figures.put("by_dialect", all.byDialect());
    figures.put("reads", calm.book().reads());
    figures.put("avoided_difference", calm.book().avoidedDifference());
    figures.put("sums_difference", calm.book().sumsDifference());
    figures.put("calls_per_s", calls / calm.seconds());
  }

  private static void put(
      Figures figures,
      int kills,
      int strictKills,
      InvoiceRound.Outcome calm,
      InvoiceRound.Outcome killed,
      InvoiceRound.Outcome strict) {
    var all = calm.comparison();
    var left = killed.comparison();
    var leftStrict = strict.comparison();
    figures.put("kills", kills);
    figures.put("kills_strict", strictKills);
    figures.put("lost", all.lost() + left.lost() + leftStrict.lost());
    figures.put("doubled", all.doubled() + left.doubled() + leftStrict.doubled());
    figures.put("billed_under_kills", left.billed() + leftStrict.billed());
    figures.put("equal_under_kills", left.equal() + leftStrict.equal());
    figures.put(
        "token_difference_under_kills", left.tokenDifference() + leftStrict.tokenDifference());
    figures.put(
        "nano_usd_difference_under_kills",
        left.nanoUsdDifference() + leftStrict.nanoUsdDifference());
    figures.put("estimated_after_kill", left.diedAndBilled() + leftStrict.diedAndBilled());
    figures.put("open_but_unbilled", left.diedUnbilled() + leftStrict.diedUnbilled());
    figures.put("start_p50_ms", killed.startMillis());
  }
}

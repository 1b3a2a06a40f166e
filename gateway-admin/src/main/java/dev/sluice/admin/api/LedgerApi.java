package dev.sluice.admin.api;

import dev.sluice.admin.usage.UsageForms;
import dev.sluice.billing.ledger.CallPage;
import dev.sluice.billing.ledger.CallQuery;
import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.ledger.LedgerCall;
import dev.sluice.billing.ledger.LedgerQueries;
import dev.sluice.billing.ledger.LedgerRow;
import dev.sluice.billing.ledger.LedgerUnreadable;
import dev.sluice.billing.usage.Cost;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Single calls, as they are in the ledger. */
public final class LedgerApi {

  private static final double NANOS_PER_SECOND = 1e9;

  private static final List<String> PARAMETERS =
      List.of(
          "team", "key", "provider", "model", "outcome", "tag", "from", "until", "limit", "after");

  private static final List<String> OUTCOMES =
      Stream.of(Outcome.values()).map(LedgerApi::lower).toList();

  /**
   * What it cost.
   *
   * @param usd null where it is unknown
   */
  record CostCard(
      String state, @Nullable String usd, @Nullable Long nanoUsd, @Nullable String price) {

    static CostCard of(Cost cost) {
      boolean isUnknown = cost.state() == Cost.State.UNKNOWN;
      return new CostCard(
          lower(cost.state()),
          isUnknown ? null : UsageForms.dollars(cost.nanoUsd()),
          isUnknown ? null : cost.nanoUsd(),
          cost.priceVersion().isEmpty() ? null : cost.priceVersion());
    }
  }

  /** A call, or a read of one. */
  record CallCard(
      String id,
      Instant startedAt,
      @Nullable String team,
      @Nullable String key,
      Map<String, String> tags,
      String route,
      String dialect,
      String operation,
      String provider,
      @Nullable String modelAsked,
      @Nullable String modelServed,
      @Nullable String serviceTier,
      boolean stream,
      int status,
      String outcome,
      String reason,
      String phase,
      Map<String, Long> usage,
      String usageSource,
      CostCard cost,
      long estimatedInputTokens,
      @Nullable Long expectedOutputTokens,
      long reservedTokens,
      @Nullable String pool,
      double queueSeconds,
      @Nullable Double firstByteSeconds,
      double totalSeconds,
      long bytesToClient,
      long keepAlives,
      String replay,
      int cursors,
      String orphan,
      Map<String, Long> avoided,
      CostCard avoidedCost,
      long reads) {

    static CallCard of(LedgerRow row) {
      return of(row.call(), row.expectedOutput(), row.reads());
    }

    static CallCard of(CallRecord call, long expectedOutput, long reads) {
      return new CallCard(
          call.callId(),
          Instant.ofEpochMilli(call.startedEpochMillis()),
          call.team() == null ? null : call.team().name(),
          call.keyId(),
          call.tags(),
          call.route(),
          call.dialect(),
          call.operation(),
          call.provider(),
          call.modelAsked(),
          call.modelServed(),
          call.serviceTier(),
          call.stream(),
          call.status(),
          lower(call.outcome()),
          call.reason(),
          call.phase(),
          UsageForms.meters(call.usage()),
          lower(call.usageSource()),
          CostCard.of(call.cost()),
          call.metering().estimatedInput(),
          expectedOutput < 0 ? null : expectedOutput,
          call.metering().reservedTokens(),
          call.metering().pool(),
          call.queueNanos() / NANOS_PER_SECOND,
          call.firstByteNanos() < 0 ? null : call.firstByteNanos() / NANOS_PER_SECOND,
          call.totalNanos() / NANOS_PER_SECOND,
          call.bytesToClient(),
          call.keepAlives(),
          call.replay(),
          call.cursors(),
          call.orphan(),
          UsageForms.meters(call.avoided()),
          CostCard.of(call.avoidedCost()),
          reads);
    }
  }

  /** One call and who else read it. */
  record WholeCall(CallCard call, List<CallCard> reads) {}

  private final Supplier<LedgerQueries> ledger;

  /**
   * @param ledger asked for each request, on virtual threads
   */
  public LedgerApi(Supplier<LedgerQueries> ledger) {
    this.ledger = ledger;
  }

  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint("GET", "/admin/v1/usage/calls", false, this::list),
        new Endpoint("GET", "/admin/v1/usage/calls/{id}", false, this::one));
  }

  private AdminAnswer list(AdminRequest request) {
    Query query = new Query(request, PARAMETERS);
    Paging paging = new Paging(request, query);
    String outcome = query.oneOf("outcome", OUTCOMES);
    Instant from = LedgerAnswers.time(query, "from");
    Instant until = LedgerAnswers.time(query, "until");
    String[] tag = LedgerAnswers.tag(query);
    AdminAnswer no = query.refusal();
    if (no != null) {
      return no;
    }
    CallQuery asked =
        new CallQuery(
            query.text("team"),
            query.text("key"),
            query.text("provider"),
            query.text("model"),
            outcome == null ? null : Outcome.valueOf(outcome.toUpperCase(Locale.ROOT)),
            tag == null ? null : new CallQuery.Tag(tag[0], tag[1]),
            from,
            until,
            paging.after(),
            paging.limit());
    try {
      CallPage page = ledger.get().calls(asked);
      return paging.answer("calls", page.calls().stream().map(CallCard::of).toList(), page.next());
    } catch (IllegalArgumentException noPlace) {
      query.bad("after", "what \"next\" of the page before says");
      AdminAnswer bad = query.refusal();
      return bad != null ? bad : LedgerAnswers.malformed();
    } catch (LedgerUnreadable unreadable) {
      return LedgerAnswers.unreadable(unreadable);
    }
  }

  private AdminAnswer one(AdminRequest request) {
    AdminAnswer no = new Query(request, List.of()).refusal();
    if (no != null) {
      return no;
    }
    try {
      LedgerCall found = ledger.get().call(request.parameter("id"));
      return found != null
          ? AdminAnswer.json(
              new WholeCall(
                  CallCard.of(found.row()),
                  found.reads().stream().map(read -> CallCard.of(read, -1, 0)).toList()))
          : AdminAnswer.problem(
              404,
              "Not Found",
              "no_such_call",
              "The ledger has no call of this id, or not yet: a call is written when it ends.");
    } catch (LedgerUnreadable unreadable) {
      return LedgerAnswers.unreadable(unreadable);
    }
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}

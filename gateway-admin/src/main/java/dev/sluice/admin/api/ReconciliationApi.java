package dev.sluice.admin.api;

import dev.sluice.admin.reconcile.LedgerSide;
import dev.sluice.admin.reconcile.Reconciliation;
import dev.sluice.admin.reconcile.ReconciliationForms;
import dev.sluice.admin.reconcile.Reconciliations;
import dev.sluice.admin.reconcile.Reconciliations.Import;
import dev.sluice.admin.reconcile.UsageExport;
import dev.sluice.admin.reconcile.UsageExport.Read;
import dev.sluice.admin.reconcile.UsageExport.Unreadable;
import dev.sluice.billing.ledger.LedgerQueries;
import dev.sluice.billing.ledger.LedgerUnreadable;
import java.math.BigDecimal;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The ledger against what a provider says it will bill: imports, and what came of the last ones.
 */
public final class ReconciliationApi {

  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

  private final Supplier<LedgerQueries> ledger;
  private final Reconciliations kept;
  private final InstantSource clock;

  /**
   * @param ledger asked for each request, on virtual threads
   * @param kept where imports go
   * @param clock for when they came
   */
  public ReconciliationApi(
      Supplier<LedgerQueries> ledger, Reconciliations kept, InstantSource clock) {
    this.ledger = ledger;
    this.kept = kept;
    this.clock = clock;
  }

  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(
            "POST", "/admin/v1/reconciliation", false, UsageExport.BYTES_MAX, this::reconcile),
        new Endpoint("GET", "/admin/v1/reconciliation", false, this::last));
  }

  private AdminAnswer reconcile(AdminRequest request) {
    Query query = new Query(request, List.of("provider", "tolerance_percent"));
    BigDecimal tolerance = tolerance(query);
    AdminAnswer no = query.refusal();
    if (no != null) {
      return no;
    }
    return switch (UsageExport.read(request.body())) {
      case Read(UsageExport export) -> compare(export, query, request.body().length, tolerance);
      case Unreadable(List<String> problems) ->
          AdminAnswer.problem(
              400,
              "Bad Request",
              "invalid_export",
              problems.getFirst(),
              Map.of(),
              Map.of("problems", problems));
    };
  }

  private static BigDecimal tolerance(Query query) {
    String text = query.text("tolerance_percent");
    BigDecimal tolerance =
        text == null
            ? BigDecimal.ZERO
            : text.matches("[0-9]{1,3}(\\.[0-9]{1,6})?")
                ? new BigDecimal(text)
                : HUNDRED.add(HUNDRED);
    if (tolerance.compareTo(HUNDRED) > 0) {
      query.bad("tolerance_percent", "a number from 0 to 100");
    }
    return tolerance;
  }

  private AdminAnswer compare(
      UsageExport export, Query query, int bytes, BigDecimal tolerancePercent) {
    String names = query.text("provider");
    List<String> providers =
        names == null ? List.of(export.provider()) : List.of(names.split(",", -1));
    try {
      Reconciliation reconciliation =
          LedgerSide.compare(ledger.get(), export, providers, tolerancePercent);
      return AdminAnswer.json(card(kept.add(clock.instant(), bytes, reconciliation)));
    } catch (LedgerUnreadable unreadable) {
      return LedgerAnswers.unreadable(unreadable);
    }
  }

  private AdminAnswer last(AdminRequest request) {
    AdminAnswer no = new Query(request, List.of()).refusal();
    return no != null
        ? no
        : AdminAnswer.json(
            Map.of("imports", kept.last().stream().map(ReconciliationApi::card).toList()));
  }

  private static Map<String, Object> card(Import done) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("number", done.number());
    members.put("at", done.at().toString());
    members.put("bytes", done.bytes());
    members.putAll(ReconciliationForms.json(done.reconciliation()));
    return members;
  }
}

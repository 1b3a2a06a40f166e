package dev.sluice.admin.api;

import dev.sluice.billing.account.Accounts;
import dev.sluice.billing.account.AuditEntry;
import dev.sluice.billing.account.AuditQuery;
import dev.sluice.billing.account.Outcome.Done;
import dev.sluice.billing.account.Outcome.Refused;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Who has changed what, the newest first. */
public final class AuditApi {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * One change.
   *
   * @param before null where there was nothing
   * @param after null where there is nothing
   */
  record AuditCard(
      long sequence,
      Instant at,
      String who,
      String role,
      String action,
      String resource,
      @Nullable JsonNode before,
      @Nullable JsonNode after) {

    static AuditCard of(AuditEntry entry) {
      return new AuditCard(
          entry.sequence(),
          entry.at(),
          entry.author().who(),
          entry.author().role(),
          entry.action(),
          entry.resource(),
          json(entry.before()),
          json(entry.after()));
    }

    private static @Nullable JsonNode json(@Nullable String text) {
      return text == null ? null : JSON.readTree(text);
    }
  }

  private final Accounts accounts;

  public AuditApi(Accounts accounts) {
    this.accounts = accounts;
  }

  public List<Endpoint> endpoints() {
    return List.of(new Endpoint("GET", "/admin/v1/audit", false, this::list));
  }

  private AdminAnswer list(AdminRequest request) {
    Query query = new Query(request, List.of("resource", "who", "since", "limit", "after"));
    Paging paging = new Paging(request, query);
    String after = paging.after();
    long before = Long.MAX_VALUE;
    if (after != null) {
      if (after.matches("[0-9]{1,18}")) {
        before = Long.parseLong(after);
      } else {
        query.bad("after", "what \"next\" of the page before says");
      }
    }
    AuditQuery asked =
        new AuditQuery(
            query.text("resource"),
            query.text("who"),
            query.instant("since"),
            before,
            paging.limit() + 1);
    AdminAnswer no = query.refusal();
    if (no != null) {
      return no;
    }
    return switch (accounts.audit(asked)) {
      case Done<List<AuditEntry>>(List<AuditEntry> found, boolean _) -> page(paging, found);
      case Refused<List<AuditEntry>> refused -> Answers.refused(refused);
    };
  }

  /** One more than the page was asked for: so it is known whether there is a next one. */
  private static AdminAnswer page(Paging paging, List<AuditEntry> found) {
    List<AuditCard> cards = new ArrayList<>();
    for (AuditEntry entry : found.subList(0, Math.min(found.size(), paging.limit()))) {
      cards.add(AuditCard.of(entry));
    }
    boolean isMore = found.size() > paging.limit();
    return paging.answer(
        "entries", cards, isMore ? Long.toString(cards.getLast().sequence()) : null);
  }
}

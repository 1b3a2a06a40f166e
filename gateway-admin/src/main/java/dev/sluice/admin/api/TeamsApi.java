package dev.sluice.admin.api;

import dev.sluice.billing.account.Accounts;
import dev.sluice.billing.account.Missing;
import dev.sluice.billing.account.Outcome.Done;
import dev.sluice.billing.account.Outcome.Refused;
import dev.sluice.billing.account.Source;
import dev.sluice.billing.account.TeamChanges;
import dev.sluice.billing.account.TeamView;
import dev.sluice.billing.team.TeamId;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Teams. */
public final class TeamsApi {

  /**
   * A team.
   *
   * @param source {@code file} or {@code store}
   * @param createdAt null for one of the file
   */
  record TeamCard(
      String name, boolean holdAnswers, String source, @Nullable Instant createdAt, String etag) {

    static TeamCard of(TeamView view) {
      return new TeamCard(
          view.id().name(),
          view.holdsAnswers(),
          label(view.source()),
          view.created(),
          Conditions.etag(view.version()));
    }
  }

  private final Accounts accounts;

  public TeamsApi(Accounts accounts) {
    this.accounts = accounts;
  }

  public List<Endpoint> endpoints() {
    String one = "/admin/v1/teams/{team}";
    return List.of(
        new Endpoint("GET", "/admin/v1/teams", false, this::list),
        new Endpoint("GET", one, false, this::get),
        new Endpoint("PUT", one, false, this::put),
        new Endpoint("DELETE", one, false, this::delete));
  }

  static TeamId team(AdminRequest request) {
    return new TeamId(request.parameter("team"));
  }

  static String label(Source source) {
    return source.name().toLowerCase(Locale.ROOT);
  }

  private AdminAnswer list(AdminRequest request) {
    Query query = new Query(request, Paging.PARAMETERS);
    Paging paging = new Paging(request, query);
    AdminAnswer no = query.refusal();
    return no != null
        ? no
        : paging.page("teams", accounts.book().teams(), view -> view.id().name(), TeamCard::of);
  }

  private AdminAnswer get(AdminRequest request) {
    AdminAnswer no = new Query(request, List.of()).refusal();
    TeamView view = accounts.book().team(team(request));
    if (no != null) {
      return no;
    }
    return view == null
        ? Answers.refused(Missing.team(team(request)))
        : Answers.made(false, TeamCard.of(view), view.version());
  }

  private AdminAnswer put(AdminRequest request) {
    Conditions conditions = Conditions.of(request);
    Body body = new Body(request, false);
    boolean holds = body.truth("hold_answers", true);
    AdminAnswer no =
        Answers.first(
            Answers.badName(team(request).name()),
            new Query(request, List.of()).refusal(),
            conditions.refusal(),
            body.refusal());
    if (no != null) {
      return no;
    }
    return switch (accounts.make(
        Answers.author(request), TeamChanges.put(team(request), holds, conditions.condition()))) {
      case Done<TeamView>(TeamView view, boolean isNew) ->
          Answers.made(isNew, TeamCard.of(view), view.version());
      case Refused<TeamView> refused -> Answers.refused(refused);
    };
  }

  private AdminAnswer delete(AdminRequest request) {
    Conditions conditions = Conditions.of(request);
    AdminAnswer no = Answers.first(new Query(request, List.of()).refusal(), conditions.refusal());
    if (no != null) {
      return no;
    }
    return switch (accounts.make(
        Answers.author(request), TeamChanges.delete(team(request), conditions.condition()))) {
      case Done<TeamId> _ -> AdminAnswer.noContent();
      case Refused<TeamId> refused -> Answers.refused(refused);
    };
  }
}

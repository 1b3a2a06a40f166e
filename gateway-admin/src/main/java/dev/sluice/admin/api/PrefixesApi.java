package dev.sluice.admin.api;

import dev.sluice.admin.api.PrefixCards.PrefixCard;
import dev.sluice.admin.prefix.PrefixAudit;
import dev.sluice.admin.prefix.PrefixStore;
import dev.sluice.admin.prefix.PrefixStore.Stored;
import dev.sluice.billing.account.Outcome.Done;
import dev.sluice.billing.account.Outcome.Refused;
import dev.sluice.billing.account.Reason;
import dev.sluice.billing.team.TeamId;
import dev.sluice.core.warm.PrefixReader.Cacheable;
import dev.sluice.core.warm.PrefixReader.NotCacheable;
import dev.sluice.core.warm.RegisteredPrefix;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Prompt prefixes: those that somebody has registered, and those that traffic has shown. */
public final class PrefixesApi {

  private static final Logger LOG = LoggerFactory.getLogger(PrefixesApi.class);

  private final PrefixStore store;
  private final PrefixAudit audit;
  private final PrefixCards cards;
  private final List<String> routes;
  private final Predicate<TeamId> teams;

  /**
   * @param audit remembers changes
   * @param routes names of those there are
   * @param teams whether there is such a one
   */
  public PrefixesApi(
      PrefixStore store,
      PrefixAudit audit,
      PrefixCards cards,
      List<String> routes,
      Predicate<TeamId> teams) {
    this.store = store;
    this.audit = audit;
    this.cards = cards;
    this.routes = List.copyOf(routes);
    this.teams = teams;
  }

  public List<Endpoint> endpoints() {
    String all = "/admin/v1/prefixes";
    String one = all + "/{name}";
    int bodyMax = RegisteredPrefix.REQUEST_MAX_BYTES + Endpoint.BODY_USUAL;
    return List.of(
        new Endpoint("GET", all, false, this::list),
        new Endpoint("GET", one, false, this::get),
        new Endpoint("PUT", one, false, bodyMax, this::put),
        new Endpoint("DELETE", one, false, this::delete));
  }

  private AdminAnswer list(AdminRequest request) {
    Query query = new Query(request, Paging.PARAMETERS);
    Paging paging = new Paging(request, query);
    AdminAnswer no = query.refusal();
    if (no != null) {
      return no;
    }
    PrefixCards.Known known = cards.known();
    List<PrefixCard> all =
        Stream.concat(
                store.all().stream().map(stored -> cards.registered(stored, known)),
                cards.learned(known).stream())
            .toList();
    return paging.page("prefixes", all, PrefixCard::place, card -> card);
  }

  private AdminAnswer get(AdminRequest request) {
    AdminAnswer no = new Query(request, List.of()).refusal();
    if (no != null) {
      return no;
    }
    Stored stored = store.get(name(request));
    return stored == null
        ? Answers.refused(
            new Refused<>(Reason.NO_SUCH_PREFIX, PrefixStore.missing(name(request)), null))
        : Answers.made(false, cards.registered(stored, cards.known()), stored.version());
  }

  private static String name(AdminRequest request) {
    return request.parameter("name");
  }

  private AdminAnswer put(AdminRequest request) {
    Conditions conditions = Conditions.of(request);
    Body body = new Body(request, false);
    PrefixBody read = PrefixBody.of(body, routes, teams);
    AdminAnswer no =
        Answers.first(
            badName(name(request)),
            new Query(request, List.of()).refusal(),
            conditions.refusal(),
            body.refusal());
    if (no != null) {
      return no;
    }
    RegisteredPrefix prefix = read.prefix(name(request));
    return switch (cards.reading(prefix)) {
      case NotCacheable(String reason) ->
          AdminAnswer.problem(422, "Unprocessable Content", "not_cacheable", reason);
      case Cacheable _ -> put(request, prefix, conditions);
    };
  }

  private AdminAnswer put(AdminRequest request, RegisteredPrefix prefix, Conditions conditions) {
    return switch (store.put(prefix, conditions.condition(), audit.by(Answers.author(request)))) {
      case Done<Stored>(Stored stored, boolean isNew) -> {
        LOG.info("Prefix {} was registered by {}.", prefix.name(), request.caller().name());
        yield Answers.made(isNew, cards.registered(stored, cards.known()), stored.version());
      }
      case Refused<Stored> refused -> Answers.refused(refused);
    };
  }

  private AdminAnswer delete(AdminRequest request) {
    Conditions conditions = Conditions.of(request);
    AdminAnswer no = Answers.first(new Query(request, List.of()).refusal(), conditions.refusal());
    if (no != null) {
      return no;
    }
    return switch (store.delete(
        name(request), conditions.condition(), audit.by(Answers.author(request)))) {
      case Done<String>(String name, boolean _) -> {
        LOG.info("Prefix {} was forgotten, as {} wanted.", name, request.caller().name());
        yield AdminAnswer.noContent();
      }
      case Refused<String> refused -> Answers.refused(refused);
    };
  }

  private static @Nullable AdminAnswer badName(String name) {
    return RegisteredPrefix.isName(name)
        ? null
        : AdminAnswer.problem(
            400,
            "Bad Request",
            "bad_name",
            "The name in the path is none: allowed 1 to 64 of a-z, 0-9 and hyphen.");
  }
}

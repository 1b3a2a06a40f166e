package dev.sluice.core.config;

import dev.sluice.billing.team.ApiKeyHash;
import dev.sluice.core.config.Draft.ProviderDraft;
import dev.sluice.core.config.Draft.RouteDraft;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.flow.OrphanPolicy;
import dev.sluice.core.flow.RoutePolicy.Clients;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What no single setting can tell: settings that contradict each other or leave one without effect
 * are problems that name both; what works but is perhaps not meant is a note. Settings that are
 * already reported take part in nothing here, so that one mistake is one problem.
 */
final class Combinations {

  /** A choice looks at each of them. */
  private static final int ACCOUNTS_MAX = 16;

  private static final Set<String> RESERVED = Set.of("token", "anonymous");

  private final Draft draft;
  private final Reading file;
  private final long heldMaxBytes;
  private final List<Problem> notes = new ArrayList<>();

  private Combinations(Draft draft, Reading file, long heldMaxBytes) {
    this.heldMaxBytes = heldMaxBytes;
    this.draft = draft;
    this.file = file;
  }

  /**
   * Adds problems to the file's, and returns the notes.
   *
   * @param heldMaxBytes what {@code streams.resume.total: 0} means on this machine
   */
  static List<Problem> check(Draft draft, Reading file, long heldMaxBytes) {
    var combinations = new Combinations(draft, file, heldMaxBytes);
    combinations.ports();
    combinations.bodies();
    combinations.held();
    combinations.dedupe();
    combinations.orphans();
    combinations.keys();
    combinations.providers();
    PoolChecks.check(draft, file);
    combinations.routes();
    return combinations.notes;
  }

  private void problem(Found<?> at, String message) {
    file.problem(at.line(), at.key(), at.key() + " " + message);
  }

  private void note(int line, String key, String message) {
    notes.add(new Problem(file.name(), line, key, key + " " + message));
  }

  /** Of the two settings that clash, the one that the file gives; the first if it gives both. */
  private static Found<?> culprit(Found<?> first, Found<?> second) {
    return first.isGiven() || !second.isGiven() ? first : second;
  }

  // ---- ports

  private void ports() {
    Found<Integer> listen = draft.listen().port();
    Found<Integer> admin = draft.admin().port();
    if (listen.isGood()
        && admin.isGood()
        && listen.value() != 0
        && listen.value().equals(admin.value())) {
      Found<?> at = culprit(admin, listen);
      problem(
          at,
          "is "
              + at.value()
              + ", the same as "
              + (at.equals(admin) ? listen : admin).key()
              + ". Give one of them another port.");
    }
    Found<String> address = draft.admin().address();
    Found<String> token = draft.admin().token();
    if (address.isGood()
        && token.isGood()
        && !Hosts.isLoopback(address.value())
        && token.value().isEmpty()
        && draft.admin().tokens().isEmpty()) {
      problem(
          address,
          "is "
              + address.value()
              + ", open to the network, while neither admin.token nor admin.tokens is set. Set"
              + " one of them, or use 127.0.0.1.");
    }
  }

  // ---- limits

  private void bodies() {
    Found<Long> total = draft.limits().bodiesTotal();
    checkBody(draft.limits().body(), total);
    for (RouteDraft route : draft.routes().values()) {
      if (!route.body().equals(draft.limits().body())) {
        checkBody(route.body(), total);
      }
    }
  }

  private void checkBody(Found<Long> body, Found<Long> total) {
    if (body.isGood() && total.isGood() && body.value() > total.value()) {
      above(body, total);
    }
  }

  private void above(Found<?> part, Found<?> whole) {
    Found<?> at = culprit(part, whole);
    file.problem(
        at.line(),
        at.key(),
        part.key()
            + " is "
            + part.shown()
            + ", above "
            + whole.key()
            + " of "
            + whole.shown()
            + ". Lower "
            + part.key()
            + ", or raise "
            + whole.key()
            + ".");
  }

  // ---- answers that are held

  private void held() {
    Found<Long> perCall = draft.resume().perCall();
    Found<Long> total = draft.resume().total();
    if (perCall.isGood() && total.isGood()) {
      if (total.value() == 0) {
        noteHeld(perCall);
      } else if (perCall.value() > total.value()) {
        above(perCall, total);
      }
    }
    List<Found<String>> origins = draft.resume().corsOrigins().found();
    for (Found<String> origin : origins) {
      if (origin.value().equals(Origins.ALL) && origins.size() > 1) {
        problem(
            origin,
            "is \"*\", which allows every origin, and stands among others. Leave only the *, or"
                + " remove it.");
      }
    }
  }

  /** No problem: the same file may serve a larger machine. */
  private void noteHeld(Found<Long> perCall) {
    if (perCall.value() > heldMaxBytes) {
      note(
          perCall.line(),
          perCall.key(),
          "is "
              + perCall.shown()
              + ", above the quarter of the direct memory that streams.resume.total stands for:"
              + " with this machine's memory no more than "
              + Kind.text(heldMaxBytes)
              + " of an answer are held.");
    }
  }

  private void dedupe() {
    Found<Duration> adopt = draft.dedupe().adoptWindow();
    Found<Duration> window = draft.resume().window();
    Found<Boolean> enabled = draft.resume().enabled();
    if (adopt.isGiven()
        && adopt.isGood()
        && window.isGood()
        && enabled.isGood()
        && enabled.value()
        && adopt.value().compareTo(window.value()) > 0) {
      file.problem(
          adopt.line(),
          adopt.key(),
          adopt.key()
              + " is "
              + adopt.shown()
              + ", above "
              + window.key()
              + " of "
              + window.shown()
              + ": an answer cannot be adopted once it is no longer held. Set "
              + adopt.key()
              + " to at most "
              + window.shown()
              + ", or raise "
              + window.key()
              + ".");
    }
    Map<String, Found<String>> seen = new HashMap<>();
    for (Found<String> header : draft.dedupe().idHeaders().found()) {
      // Field names know no case (RFC 9110 section 5.1).
      Found<String> other = seen.putIfAbsent(header.value().toLowerCase(Locale.ROOT), header);
      if (other != null) {
        problem(
            header,
            "is "
                + header.shown()
                + ", the same field as "
                + other.key()
                + ". Remove one of them.");
      }
    }
  }

  // ---- orphans

  private void orphans() {
    noteGrace(draft.orphans().grace());
    draft.providers().values().forEach(p -> noteGrace(p.orphans().grace()));
    draft.routes().values().forEach(r -> noteGrace(r.orphans().grace()));
  }

  private void noteGrace(Found<Duration> grace) {
    boolean isUsed =
        draft.routes().values().stream()
            .map(RouteDraft::orphans)
            .anyMatch(
                o -> o.grace().equals(grace) && o.policy().value() == OrphanPolicy.Kind.CANCEL);
    boolean isNoted = notes.stream().anyMatch(n -> n.key().equals(grace.key()));
    if (grace.isGiven() && grace.isGood() && !isUsed && !isNoted) {
      note(
          grace.line(),
          grace.key(),
          "is set, while no route that takes it has the policy cancel: it has no effect.");
    }
  }

  // ---- teams

  private void keys() {
    Map<ApiKeyHash, Found<ApiKeyHash>> seen = new HashMap<>();
    draft
        .admin()
        .tokens()
        .forEach(
            (name, token) -> {
              if (RESERVED.contains(name)) {
                file.problem(
                    token.line(),
                    "admin.tokens." + name,
                    "admin.tokens."
                        + name
                        + " has a name that the log of changes has for others: token is"
                        + " admin.token, anonymous is whoever needs none. Give it another.");
              }
              if (token.hash().isGood()) {
                checkHash(token.hash(), seen);
              }
            });
    draft
        .teams()
        .forEach(
            (name, team) -> {
              for (Found<ApiKeyHash> key : team.keys().found()) {
                checkHash(key, seen);
              }
              boolean named =
                  draft.routes().values().stream().anyMatch(r -> r.team().value().equals(name));
              if (team.keys().found().isEmpty() && !named) {
                note(
                    team.line(),
                    "teams." + name,
                    "has no key here, and no route names it: nobody can be this team until a key is"
                        + " issued over the admin port.");
              }
            });
  }

  private void checkHash(Found<ApiKeyHash> key, Map<ApiKeyHash, Found<ApiKeyHash>> seen) {
    Found<ApiKeyHash> other = seen.putIfAbsent(key.value(), key);
    if (other != null) {
      problem(
          key,
          "is the same hash as "
              + other.key()
              + " in line "
              + other.line()
              + ". A key belongs to one team, or opens the admin port: remove one of the two.");
    }
  }

  // ---- providers

  private void providers() {
    draft
        .providers()
        .forEach(
            (name, provider) -> {
              if (provider.baseUrl().isGood()) {
                checkTls(provider);
              }
              boolean used =
                  draft.routes().values().stream()
                      .anyMatch(r -> r.providers().values().contains(name));
              if (!used) {
                note(provider.line(), "providers." + name, "is used by no route.");
              }
            });
  }

  private void checkTls(ProviderDraft provider) {
    Found<String> certificates = provider.trustedCertificates();
    boolean plain = "http".equalsIgnoreCase(provider.baseUrl().value().getScheme());
    if (certificates.isGood() && !certificates.value().isEmpty()) {
      if (plain) {
        problem(
            certificates,
            "is set, while "
                + provider.baseUrl().key()
                + " is plain http, where there are no certificates. Use https, or remove it.");
      } else {
        checkCertificates(certificates);
      }
    }
    if (plain && !Hosts.isLoopback(host(provider))) {
      note(
          provider.baseUrl().line(),
          provider.baseUrl().key(),
          "is plain http to another machine: keys and prompts travel unencrypted.");
    }
  }

  private void checkCertificates(Found<String> certificates) {
    Path path = file.resolve(certificates.value());
    String fault;
    try (InputStream in = Files.newInputStream(path)) {
      if (!CertificateFactory.getInstance("X.509").generateCertificates(in).isEmpty()) {
        return;
      }
      fault = "which holds no certificate";
    } catch (CertificateException e) {
      fault = "which holds something else than PEM certificates";
    } catch (IOException e) {
      fault = "which cannot be read";
    }
    problem(
        certificates,
        "names the file "
            + Shown.name(certificates.value())
            + ", "
            + fault
            + ", allowed a PEM file with one or more certificates.");
  }

  private static String host(ProviderDraft provider) {
    String host = provider.baseUrl().value().getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  // ---- routes

  private void routes() {
    if (!file.hasAny("routes")) {
      file.problem(
          1,
          "routes",
          "routes is missing, so nothing would be served. Name at least one route with api and"
              + " provider.");
    }
    Map<String, String> places = new HashMap<>();
    draft
        .routes()
        .forEach(
            (name, route) -> {
              checkPlace(name, route, places);
              checkAccounts(route);
              route.providers().found().forEach(named -> checkProvider(route, named));
              checkClients(route);
              checkTimes(route);
              if (route.askForUsage().isGiven()
                  && route.api().isGood()
                  && route.api().value() != Route.Family.OPENAI) {
                problem(
                    route.askForUsage(),
                    "is set, while "
                        + route.api().key()
                        + " is "
                        + Kind.text(route.api().value())
                        + ", whose streams always tell their usage. Remove it.");
              }
            });
  }

  private void checkPlace(String name, RouteDraft route, Map<String, String> places) {
    if (!route.api().isGood() || !route.prefix().isGood()) {
      return;
    }
    String prefix = route.prefix().value();
    String other = places.putIfAbsent(route.api().value() + " " + prefix, name);
    if (other != null) {
      file.problem(
          route.prefix().line(),
          route.prefix().key(),
          route.prefix().key()
              + " is "
              + Shown.value(prefix)
              + ", the same as routes."
              + other
              + ".prefix, and both speak "
              + Kind.text(route.api().value())
              + ". Give one of them another prefix.");
    }
  }

  private void checkAccounts(RouteDraft route) {
    FoundList<String> accounts = route.providers();
    List<Found<String>> found = accounts.found();
    if (!accounts.isGood()) {
      return;
    }
    if (found.size() > ACCOUNTS_MAX) {
      file.problem(
          found.get(ACCOUNTS_MAX).line(),
          accounts.key(),
          accounts.key()
              + " names "
              + found.size()
              + " providers, allowed 1 to "
              + ACCOUNTS_MAX
              + ". Remove the others, or spread them over several routes.");
    }
    Set<String> before = new HashSet<>();
    for (Found<String> account : found) {
      if (!before.add(account.value())) {
        problem(
            account,
            "is "
                + Shown.value(account.value())
                + ", which stands in the list already. Remove one of them.");
      }
    }
    if (found.size() > 1
        && route.clients().isGood()
        && route.clients().value() == Clients.PASS_THROUGH) {
      problem(
          route.clients(),
          "is pass-through, while "
              + accounts.key()
              + " names "
              + found.size()
              + " providers: a client's key is good for one account only. Name one provider, or set"
              + " clients to keys.");
    }
  }

  private void checkProvider(RouteDraft route, Found<String> named) {
    if (!named.isGood()) {
      return;
    }
    ProviderDraft provider = draft.providers().get(named.value());
    if (provider == null) {
      if (!file.stands("providers", named.value())) {
        problem(named, isNotNamed(named.value(), "providers", draft.providers().keySet()));
      }
      return;
    }
    if (provider.baseUrl().isGood()) {
      String path = provider.baseUrl().value().getRawPath();
      String version = route.api().value() == Route.Family.GEMINI ? "/v1beta" : "/v1";
      if (route.api().isGood() && path.endsWith(version)) {
        note(
            provider.baseUrl().line(),
            provider.baseUrl().key(),
            "ends with "
                + version
                + ", which requests of api "
                + Kind.text(route.api().value())
                + " bring themselves: it would stand twice. Leave it out.");
      }
    }
    if (!provider.key().isGood() || !route.clients().isGood()) {
      return;
    }
    boolean passThrough = route.clients().value() == Clients.PASS_THROUGH;
    if (passThrough && !provider.key().value().isEmpty()) {
      problem(
          route.clients(),
          "is pass-through, while "
              + provider.key().key()
              + " is set: either the client's key is sent or the gateway's. Remove the key, set"
              + " clients to keys, or name the provider a second time without a key.");
    } else if (!passThrough
        && provider.key().value().isEmpty()
        && provider.baseUrl().isGood()
        && !Hosts.isLoopback(host(provider))) {
      note(
          provider.key().line(),
          provider.key().key(),
          "is empty: requests to " + host(provider) + " go without a key.");
    }
  }

  static String isNotNamed(String found, String section, Collection<String> known) {
    String hint = Hints.didYouMean(found, known);
    return "is "
        + Shown.value(found)
        + ", which "
        + section
        + " does not name."
        + (hint.isEmpty() ? "" : " " + hint)
        + (known.isEmpty()
            ? " Nothing is named there."
            : " Named there: " + String.join(", ", known) + ".");
  }

  private void checkClients(RouteDraft route) {
    Found<Clients> clients = route.clients();
    Found<String> team = route.team();
    if (!clients.isGood() || !team.isGood()) {
      return;
    }
    String shown = Kind.text(clients.value());
    if (clients.value() == Clients.KEYS) {
      if (!team.value().isEmpty()) {
        problem(
            team,
            "is "
                + Shown.value(team.value())
                + ", while "
                + clients.key()
                + " is keys, where the key tells the team. Remove team, or set clients to open or"
                + " pass-through.");
      }
      if (draft.teams().values().stream()
          .allMatch(t -> t.keys().isGood() && t.keys().found().isEmpty())) {
        note(
            clients.line(),
            clients.key(),
            "is keys, while no team has a key in teams.<name>.keys: nobody gets in until one is"
                + " issued over the admin port. Or make one with: bin/gateway keys generate.");
      }
      return;
    }
    if (team.value().isEmpty()) {
      problem(
          clients,
          "is "
              + shown
              + ", while "
              + team.key()
              + " is not set, so nobody would pay. Set team to one of teams.");
    } else if (!draft.teams().containsKey(team.value()) && !file.stands("teams", team.value())) {
      problem(team, isNotNamed(team.value(), "teams", draft.teams().keySet()));
    }
    Found<String> address = draft.listen().address();
    if (clients.value() == Clients.OPEN && address.isGood() && !Hosts.isLoopback(address.value())) {
      problem(
          clients,
          "is open, while listen.address is "
              + address.value()
              + ", so anyone on the network could spend. Set clients to keys, or listen.address to"
              + " 127.0.0.1.");
    }
  }

  private void checkTimes(RouteDraft route) {
    Found<Boolean> enabled = route.keepAlive().enabled();
    if (!enabled.isGood() || !enabled.value()) {
      return;
    }
    Found<Duration> interval = route.keepAlive().interval();
    Found<Integer> jitter = route.keepAlive().jitterPercent();
    Found<Duration> idleLimit = route.idleLimit();
    if (interval.isGood() && jitter.isGood() && idleLimit.isGood()) {
      // Exact: interval is at most 5 minutes in nanoseconds, times 150.
      long longestTimes100 = interval.value().toNanos() * (100 + jitter.value());
      if (longestTimes100 >= Math.multiplyExact(idleLimit.value().toNanos(), 100L)) {
        tooLong(
            interval,
            " with a jitter of " + jitter.value() + " percent",
            idleLimit,
            "the stream would be ended before anything is written into its silence");
      }
    }
    Found<Duration> firstByteAfter = route.keepAlive().firstByteAfter();
    Found<Duration> firstByteTimeout = route.firstByteTimeout();
    if (firstByteAfter.isGood()
        && firstByteTimeout.isGood()
        && firstByteAfter.value().compareTo(firstByteTimeout.value()) >= 0) {
      tooLong(
          firstByteAfter,
          "",
          firstByteTimeout,
          "the call would be ended before its silence is broken");
    }
  }

  private void tooLong(
      Found<Duration> wait, String more, Found<Duration> limit, String consequence) {
    Found<?> at = culprit(wait, limit);
    file.problem(
        at.line(),
        at.key(),
        wait.key()
            + " is "
            + wait.shown()
            + more
            + ", not below "
            + limit.key()
            + " of "
            + limit.shown()
            + ": "
            + consequence
            + ". Lower "
            + wait.key()
            + ", or raise "
            + limit.key()
            + ".");
  }
}

package dev.sluice.admin.api;

import dev.sluice.billing.account.Accounts;
import dev.sluice.billing.account.Change;
import dev.sluice.billing.account.KeyChanges;
import dev.sluice.billing.account.KeyChanges.Issued;
import dev.sluice.billing.account.KeyChanges.RequestId;
import dev.sluice.billing.account.KeyView;
import dev.sluice.billing.account.Missing;
import dev.sluice.billing.account.Outcome.Done;
import dev.sluice.billing.account.Outcome.Refused;
import dev.sluice.billing.account.Source;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Keys of teams. The answer that issues one is the only place where a key ever stands. */
public final class KeysApi {

  private static final int NAME_MAX = 100;
  private static final long GRACE_MAX_SECONDS = Duration.ofDays(30).toSeconds();
  private static final long GRACE_USUAL_SECONDS = Duration.ofDays(1).toSeconds();

  /**
   * A key, without the key.
   *
   * @param source {@code file} or {@code store}
   * @param state {@code active}, {@code expired} or {@code revoked}
   */
  record KeyCard(
      String id,
      String team,
      @Nullable String name,
      String source,
      String state,
      @Nullable Instant createdAt,
      @Nullable Instant expiresAt,
      @Nullable Instant revokedAt,
      @Nullable String replacedBy,
      String etag) {

    static KeyCard of(KeyView view, Instant now) {
      return new KeyCard(
          view.id(),
          view.team().name(),
          view.name(),
          TeamsApi.label(view.source()),
          view.stateAt(now).name().toLowerCase(Locale.ROOT),
          view.created(),
          view.expires(),
          view.revoked(),
          view.replacedBy(),
          Conditions.etag(view.version()));
    }
  }

  /**
   * A key that has just been issued.
   *
   * @param replaces the key in whose place it comes, with its end; null where it is in none
   */
  record IssuedCard(
      String id,
      String key,
      String team,
      @Nullable String name,
      @Nullable Instant createdAt,
      @Nullable Instant expiresAt,
      String etag,
      @Nullable KeyCard replaces) {

    static IssuedCard of(Issued issued, Instant now) {
      KeyView view = issued.view();
      KeyView old = issued.replaced();
      return new IssuedCard(
          view.id(),
          issued.key(),
          view.team().name(),
          view.name(),
          view.created(),
          view.expires(),
          Conditions.etag(view.version()),
          old == null ? null : KeyCard.of(old, now));
    }

    @Override
    public String toString() {
      return "IssuedCard[" + id + "]";
    }
  }

  private final Accounts accounts;
  private final KeyChanges keys;
  private final InstantSource clock;

  public KeysApi(Accounts accounts, KeyChanges keys, InstantSource clock) {
    this.accounts = accounts;
    this.keys = keys;
    this.clock = clock;
  }

  public List<Endpoint> endpoints() {
    String ofTeam = "/admin/v1/teams/{team}/keys";
    String one = "/admin/v1/keys/{id}";
    return List.of(
        new Endpoint("GET", ofTeam, false, this::list),
        new Endpoint("POST", ofTeam, false, this::issue),
        new Endpoint("GET", one, false, this::get),
        new Endpoint("DELETE", one, false, this::revoke),
        new Endpoint("POST", one + "/rotate", false, this::rotate));
  }

  private AdminAnswer list(AdminRequest request) {
    Query query = new Query(request, Paging.PARAMETERS);
    Paging paging = new Paging(request, query);
    AdminAnswer no = query.refusal();
    if (no != null) {
      return no;
    }
    var team = TeamsApi.team(request);
    Instant now = clock.instant();
    return accounts.book().team(team) == null
        ? Answers.refused(Missing.team(team))
        : paging.page(
            "keys", accounts.book().keys(team), KeysApi::place, view -> KeyCard.of(view, now));
  }

  /** Those of the file first, then by age: as they are listed. */
  private static String place(KeyView view) {
    Instant created = view.created();
    return view.source() == Source.FILE || created == null
        ? "0" + view.id()
        : "1%020d%s".formatted(created.toEpochMilli(), view.id());
  }

  private AdminAnswer get(AdminRequest request) {
    AdminAnswer no = new Query(request, List.of()).refusal();
    KeyView view = accounts.book().key(request.parameter("id"));
    if (no != null) {
      return no;
    }
    return view == null
        ? Answers.refused(Missing.key())
        : Answers.made(false, KeyCard.of(view, clock.instant()), view.version());
  }

  private AdminAnswer issue(AdminRequest request) {
    Body body = new Body(request, true);
    String name = body.text("name", NAME_MAX);
    Instant expires = body.instantAfter("expires_at", clock.instant());
    long life = body.whole("expires_in_seconds", 1, Body.YEARS_100_SECONDS, 0);
    if (body.has("expires_at") && body.has("expires_in_seconds")) {
      body.fault("expires_in_seconds", "it beside expires_at", "one of the two");
    }
    return issue(
        request,
        body,
        id ->
            keys.issue(
                TeamsApi.team(request),
                name,
                expires,
                life == 0 ? null : Duration.ofSeconds(life),
                id));
  }

  private AdminAnswer rotate(AdminRequest request) {
    Body body = new Body(request, true);
    long grace = body.whole("grace_seconds", 0, GRACE_MAX_SECONDS, GRACE_USUAL_SECONDS);
    return issue(
        request, body, id -> keys.rotate(request.parameter("id"), Duration.ofSeconds(grace), id));
  }

  /** A change, given the id of the request, if it has one. */
  private interface Issuing {
    Change<Issued> change(@Nullable RequestId id);
  }

  private AdminAnswer issue(AdminRequest request, Body body, Issuing issuing) {
    AdminAnswer no =
        Answers.first(
            new Query(request, List.of()).refusal(), badRequestId(request), body.refusal());
    if (no != null) {
      return no;
    }
    return switch (accounts.make(Answers.author(request), issuing.change(requestId(request)))) {
      case Done<Issued>(Issued issued, boolean _) ->
          AdminAnswer.json(
              201,
              IssuedCard.of(issued, clock.instant()),
              Map.of(
                  "Location",
                  "/admin/v1/keys/" + issued.view().id(),
                  "ETag",
                  Conditions.etag(issued.view().version())));
      case Refused<Issued> refused -> Answers.refused(refused);
    };
  }

  private static @Nullable AdminAnswer badRequestId(AdminRequest request) {
    String id = request.headers().get("Idempotency-Key");
    return id == null || id.matches("[!-~]{1,255}")
        ? null
        : AdminAnswer.problem(
            400,
            "Bad Request",
            "bad_header",
            "Idempotency-Key is not as it must be: 1 to 255 printable ASCII characters without"
                + " spaces.");
  }

  private static @Nullable RequestId requestId(AdminRequest request) {
    String id = request.headers().get("Idempotency-Key");
    return id == null
        ? null
        : new RequestId(
            digest((request.path() + "\n" + id).getBytes(StandardCharsets.UTF_8)),
            digest(request.body()));
  }

  private static String digest(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform must have SHA-256", e);
    }
  }

  private AdminAnswer revoke(AdminRequest request) {
    Conditions conditions = Conditions.of(request);
    AdminAnswer no = Answers.first(new Query(request, List.of()).refusal(), conditions.refusal());
    if (no != null) {
      return no;
    }
    return switch (accounts.make(
        Answers.author(request),
        KeyChanges.revoke(request.parameter("id"), conditions.condition()))) {
      case Done<KeyView>(KeyView view, boolean _) ->
          Answers.made(false, KeyCard.of(view, clock.instant()), view.version());
      case Refused<KeyView> refused -> Answers.refused(refused);
    };
  }
}

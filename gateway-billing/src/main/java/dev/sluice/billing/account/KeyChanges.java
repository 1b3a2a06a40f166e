package dev.sluice.billing.account;

import dev.sluice.billing.account.Change.No;
import dev.sluice.billing.account.Change.Plan;
import dev.sluice.billing.account.Change.Same;
import dev.sluice.billing.account.Change.Write;
import dev.sluice.billing.team.ApiKey;
import dev.sluice.billing.team.ApiKeyHasher;
import dev.sluice.billing.team.TeamId;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keys that are issued, replaced and revoked. Immutable; changes are made one at a time. */
public final class KeyChanges {

  /** Keys in all; beyond it the one that ended first is forgotten. */
  static final int KEYS_MAX = 100_000;

  /** For so long a request that has issued a key is known again. */
  public static final Duration REMEMBERED = Duration.ofHours(24);

  private static final String ID_PREFIX = "key_";
  private static final int ID_LENGTH = 12;
  private static final String BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

  private final SecureRandom random;
  private final ApiKeyHasher hasher;

  /**
   * @param hasher only for this
   */
  public KeyChanges(SecureRandom random, ApiKeyHasher hasher) {
    this.random = random;
    this.hasher = hasher;
  }

  /**
   * Which request asks.
   *
   * @param request digest of its path and of the id that the client gave it
   * @param body digest of what it asks
   */
  public record RequestId(String request, String body) {}

  /**
   * A key that has just been made.
   *
   * @param key itself: shown once, and kept nowhere
   * @param replaced the key in whose place it comes, with its new end; null where it is in none
   */
  public record Issued(KeyView view, String key, @Nullable KeyView replaced) {
    @Override
    public String toString() {
      return "Issued[" + view.id() + "]";
    }
  }

  /**
   * Issues a key.
   *
   * @param name for people, or null
   * @param expires its end; null for none
   * @param life its end from now on, where {@code expires} is null; null for none
   */
  public Change<Issued> issue(
      TeamId team,
      @Nullable String name,
      @Nullable Instant expires,
      @Nullable Duration life,
      @Nullable RequestId id) {
    return (book, now, revision) -> {
      if (book.team(team) == null) {
        return Missing.team(team);
      }
      Plan<Issued> before = before(book, id, now);
      if (before != null) {
        return before;
      }
      Instant end = expires == null && life != null ? now.plus(life) : expires;
      return write("key_issue", book, made(book, team, name, end, now, revision), null, id);
    };
  }

  /**
   * Issues a key with the same name in the place of another, whose end comes after a grace. One
   * that was to live for some time has a successor that lives as long. A key has one successor: so
   * a request that is sent twice leaves no key behind that nobody knows.
   */
  public Change<Issued> rotate(String keyId, Duration grace, @Nullable RequestId id) {
    return (book, now, revision) -> {
      Plan<Issued> before = before(book, id, now);
      if (before != null) {
        return before;
      }
      IssuedKey old = book.state().keys().get(keyId);
      if (old == null) {
        return notIssued(book, keyId, "issue another with POST /admin/v1/teams/{team}/keys first");
      }
      if (!old.isLiveAt(now) || book.team(old.team()) == null) {
        return new No<>(
            Reason.KEY_NOT_ACTIVE,
            "Key "
                + keyId
                + " opens nothing any more, so there is nothing to go over from. Issue a new one"
                + " with POST /admin/v1/teams/{team}/keys.");
      }
      IssuedKey last = lastOf(book.state(), old);
      if (!last.equals(old) && last.isLiveAt(now)) {
        return new No<>(
            Reason.ALREADY_ROTATED,
            "Key "
                + keyId
                + " has a successor already: "
                + last.id()
                + ". Rotate that one, or revoke one of the two.",
            last.id());
      }
      Instant end = now.plus(grace);
      Instant oldEnd = old.expires() != null && old.expires().isBefore(end) ? old.expires() : end;
      Instant newEnd =
          last.expires() == null
              ? null
              : now.plus(Duration.between(last.created(), last.expires()));
      Made made = made(book, old.team(), old.name(), newEnd, now, revision);
      IssuedKey replaced = old.replacedBy(made.row().id(), oldEnd, revision);
      return write("key_rotate", book, made, replaced, id);
    };
  }

  /** The last that came in a key's place; itself where none did. */
  private static IssuedKey lastOf(AccountState state, IssuedKey key) {
    IssuedKey last = key;
    IssuedKey next = key;
    while (next != null) {
      last = next;
      next = next.replacedBy() == null ? null : state.keys().get(next.replacedBy());
    }
    return last;
  }

  /** Ends a key at once; one that is revoked already stays so. */
  public static Change<KeyView> revoke(String keyId, Condition condition) {
    return (book, now, revision) -> {
      IssuedKey key = book.state().keys().get(keyId);
      KeyView found = book.key(keyId);
      if (key == null || found == null) {
        return notIssued(book, keyId, "remove its hash from teams.<name>.keys there");
      }
      if (key.revoked() != null) {
        return new Same<>(found);
      }
      Reason broken = condition.broken(found.version());
      if (broken != null) {
        return Change.broken(broken, "Key " + keyId);
      }
      IssuedKey revoked = key.revokedAt(now, revision);
      return new Write<>(
          "key_revoke",
          resource(key),
          facts(key),
          facts(revoked),
          List.of(new Edit.PutKey(revoked)),
          after -> TeamChanges.there(after.key(keyId)),
          false);
    };
  }

  private static <T> No<T> notIssued(AccountBook book, String keyId, String remedy) {
    return book.key(keyId) == null
        ? Missing.key()
        : new No<>(
            Reason.SET_IN_FILE,
            "Key " + keyId + " stands in the configuration file, as its hash: " + remedy + ".");
  }

  // ---- the same request twice

  private static @Nullable Plan<Issued> before(
      AccountBook book, @Nullable RequestId id, Instant now) {
    AnsweredRequest answered = id == null ? null : book.state().answered().get(id.request());
    if (id == null || answered == null || isOver(answered, now)) {
      return null;
    }
    return answered.body().equals(id.body())
        ? new No<>(
            Reason.ALREADY_ISSUED,
            "This request has issued key "
                + answered.keyId()
                + " already, and a key is shown only once. If it was not received, revoke it, and"
                + " send the request with another Idempotency-Key.",
            answered.keyId())
        : new No<>(
            Reason.REQUEST_ID_REUSED,
            "This Idempotency-Key was sent with another body within the last 24 hours. Use a new"
                + " one for each request.");
  }

  private static boolean isOver(AnsweredRequest answered, Instant now) {
    return !now.isBefore(answered.at().plus(REMEMBERED));
  }

  // ---- making

  /** A key and its row. */
  private record Made(IssuedKey row, String key) {}

  private Made made(
      AccountBook book,
      TeamId team,
      @Nullable String name,
      @Nullable Instant end,
      Instant now,
      long revision) {
    String key = ApiKey.generate(random);
    String id;
    do {
      StringBuilder text = new StringBuilder(ID_PREFIX);
      for (int i = 0; i < ID_LENGTH; i++) {
        text.append(BASE32.charAt(random.nextInt(BASE32.length())));
      }
      id = text.toString();
    } while (book.key(id) != null);
    return new Made(
        new IssuedKey(id, team, name, hasher.hash(key), now, end, null, null, revision), key);
  }

  private static Plan<Issued> write(
      String action,
      AccountBook book,
      Made made,
      @Nullable IssuedKey replaced,
      @Nullable RequestId id) {
    IssuedKey row = made.row();
    Instant now = row.created();
    List<Edit> edits = new ArrayList<>();
    if (book.state().keys().size() >= KEYS_MAX) {
      IssuedKey ended = firstEnded(book.state(), now);
      if (ended == null) {
        return new No<>(
            Reason.TOO_MANY,
            "There are " + KEYS_MAX + " keys, and all of them are good. Revoke some.");
      }
      edits.add(new Edit.DropKey(ended.id()));
    }
    edits.add(new Edit.PutKey(row));
    if (replaced != null) {
      edits.add(new Edit.PutKey(replaced));
    }
    for (AnsweredRequest answered : book.state().answered().values()) {
      if (isOver(answered, now)) {
        edits.add(new Edit.DropAnswered(answered.request()));
      }
    }
    if (id != null) {
      edits.add(new Edit.PutAnswered(new AnsweredRequest(id.request(), id.body(), row.id(), now)));
    }
    return new Write<>(
        action,
        resource(replaced == null ? row : replaced),
        replaced == null ? null : facts(TeamChanges.there(book.state().keys().get(replaced.id()))),
        replaced == null
            ? facts(row)
            : Facts.of("expires_at", replaced.expires(), "replaced_by", row.id()),
        edits,
        after ->
            new Issued(
                TeamChanges.there(after.key(row.id())),
                made.key(),
                replaced == null ? null : after.key(replaced.id())),
        true);
  }

  private static @Nullable IssuedKey firstEnded(AccountState state, Instant now) {
    return state.keys().values().stream()
        .filter(key -> !key.isLiveAt(now))
        .min(Comparator.comparing(KeyChanges::end))
        .orElse(null);
  }

  private static Instant end(IssuedKey ended) {
    Instant end = ended.revoked() == null ? ended.expires() : ended.revoked();
    return end == null ? Instant.MAX : end;
  }

  private static String resource(IssuedKey key) {
    return TeamChanges.resource(key.team()) + "/keys/" + key.id();
  }

  private static String facts(IssuedKey key) {
    return Facts.of("name", key.name(), "expires_at", key.expires(), "revoked_at", key.revoked());
  }
}

package dev.sluice.core.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.team.TeamId;
import dev.sluice.core.identity.Claim.How;
import dev.sluice.core.identity.Claim.Kind;
import dev.sluice.core.identity.DedupeSettings.OnConcurrent;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Goal: the index says of every claim what the rules say, whatever happened before, and keeps
 * nothing of what is over. Method: random steps against a plain list of all calls that ever were,
 * searched from one end to the other; few scopes, questions and ids, so that they meet.
 */
class CallIndexModelTest {

  private static final int RUNS = 4_000;
  private static final int STEPS = 150;
  private static final long MINUTE = Duration.ofSeconds(60).toNanos();

  /** A call as the rules speak of it. */
  private static final class Known {
    final CallIdentity identity;
    final IndexedCall<String> call;
    boolean isOver;
    boolean isInFlight = true;
    boolean isAttended = true;
    boolean isDelivered;
    long leftNanos;

    /** When it came to where it is, among all such events. */
    int since;

    Known(CallIdentity identity, IndexedCall<String> call) {
      this.identity = identity;
      this.call = call;
    }
  }

  private record Failure(CallScope scope, Fingerprint asked, long atNanos) {}

  private final List<Known> all = new ArrayList<>();
  private final List<Failure> failures = new ArrayList<>();
  private final Map<IndexedCall<String>, Known> byCall = new HashMap<>();
  private Random random = new Random();
  private long nanos;
  private long windowNanos;
  private OnConcurrent onConcurrent = OnConcurrent.JOIN;
  private CallIndex<String> index = new CallIndex<>(() -> nanos, Duration.ZERO, onConcurrent);
  private int events;

  @Test
  void itDoesWhatThePlainListDoes() {
    Map<String, Integer> met = new HashMap<>();
    for (int seed = 0; seed < RUNS; seed++) {
      try {
        run(seed, met);
      } catch (AssertionError | RuntimeException wrong) {
        throw new AssertionError("seed " + seed + ", event " + events, wrong);
      }
    }
    // Every outcome has been met often enough to mean something.
    assertThat(met)
        .containsOnlyKeys(
            "opened",
            "joined",
            "adopted",
            "replayed",
            "other_body",
            "in_flight",
            "adopted_retry",
            "failure_taken");
    assertThat(met.values()).allSatisfy(times -> assertThat(times).isGreaterThan(RUNS / 4));
  }

  private void run(int seed, Map<String, Integer> met) {
    random = new Random(seed);
    all.clear();
    failures.clear();
    byCall.clear();
    events = 0;
    nanos = random.nextLong();
    windowNanos = random.nextInt(4) * 10_000_000_000L;
    onConcurrent = random.nextBoolean() ? OnConcurrent.JOIN : OnConcurrent.REFUSE;
    index = new CallIndex<>(() -> nanos, Duration.ofNanos(windowNanos), onConcurrent);
    for (int step = 0; step < STEPS; step++) {
      events++;
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> claim(met);
        case 4 -> nanos += random.nextInt(4) * 10_000_000_000L + random.nextInt(2);
        case 5 -> alone();
        default -> tell();
      }
      lookOn();
    }
    for (Known known : all) {
      index.release(known.call);
    }
    nanos += MINUTE;
    claimAndRelease();
    assertThat(index.size()).as("entries left").isZero();
    assertThat(index.inFlight()).isZero();
  }

  private void claimAndRelease() {
    index.claim(
        new CallIdentity.Named(scope(), new Fingerprint(0, 0), "last"),
        new CallId("last"),
        ImmediateEventExecutor.INSTANCE,
        claim -> index.release(((Claim.Opened<String>) claim).call()));
  }

  private CallScope scope() {
    return new CallScope(new TeamId("team" + random.nextInt(2)), random.nextInt(2));
  }

  private CallIdentity identity() {
    CallScope scope = scope();
    Fingerprint asked = new Fingerprint(0, random.nextInt(8) == 0 ? 2 : 1);
    return switch (random.nextInt(3)) {
      case 0 -> new CallIdentity.Named(scope, asked, "id" + random.nextInt(2));
      case 1 -> new CallIdentity.Retry(scope, asked);
      default -> new CallIdentity.Anonymous(scope, asked);
    };
  }

  private void claim(Map<String, Integer> met) {
    CallIdentity identity = identity();
    CallId fresh = new CallId("req_" + events);
    List<Claim<String>> heard = new ArrayList<>();
    index.claim(identity, fresh, ImmediateEventExecutor.INSTANCE, heard::add);
    Claim<String> claim = heard.getFirst();
    String outcome =
        switch (identity) {
          case CallIdentity.Named named -> expectNamed(named, claim);
          case CallIdentity.Retry retry -> expectRetry(retry, claim);
          case CallIdentity.Anonymous anonymous -> expectAnonymous(anonymous, claim);
        };
    met.merge(outcome, 1, Integer::sum);
    if (claim instanceof Claim.Opened<String>(var call)) {
      assertThat(call.id()).isEqualTo(fresh);
      add(new Known(identity, call));
    }
  }

  private void add(Known known) {
    all.add(known);
    byCall.put(known.call, known);
    known.since = events;
  }

  private String expectNamed(CallIdentity.Named request, Claim<String> claim) {
    Known present =
        first(
            known ->
                known.identity instanceof CallIdentity.Named named
                    && named.scope().equals(request.scope())
                    && named.id().equals(request.id()));
    if (present == null) {
      return expectOpened(claim);
    }
    if (!present.identity.fingerprint().equals(request.fingerprint())) {
      assertThat(claim).isEqualTo(new Claim.Conflict<>(Kind.OTHER_BODY));
      return "other_body";
    }
    if (onConcurrent == OnConcurrent.REFUSE && present.isInFlight && present.isAttended) {
      assertThat(claim).isEqualTo(new Claim.Conflict<>(Kind.IN_FLIGHT));
      return "in_flight";
    }
    How how = present.isInFlight ? How.JOINED : How.REPLAYED;
    assertThat(claim).isEqualTo(new Claim.Joined<>(present.call, how));
    present.isAttended = true;
    return how == How.JOINED ? "joined" : "replayed";
  }

  private String expectAnonymous(CallIdentity request, Claim<String> claim) {
    Known left =
        first(
            known ->
                isEqual(known, request)
                    && !known.isAttended
                    && nanos - known.leftNanos < windowNanos);
    return left == null ? expectOpened(claim) : expectAdopted(left, claim, "adopted");
  }

  private String expectRetry(CallIdentity request, Claim<String> claim) {
    Known left = first(known -> isEqual(known, request) && !known.isAttended);
    if (left != null) {
      return expectAdopted(left, claim, "adopted_retry");
    }
    for (Failure failure : failures) {
      if (failure.scope.equals(request.scope())
          && failure.asked.equals(request.fingerprint())
          && nanos - failure.atNanos < MINUTE) {
        failures.remove(failure);
        expectOpened(claim);
        return "failure_taken";
      }
    }
    Known delivered =
        all.stream()
            .filter(known -> !known.isOver && isEqual(known, request) && known.isDelivered)
            .max(Comparator.comparingInt(known -> known.since))
            .orElse(null);
    if (delivered == null) {
      return expectOpened(claim);
    }
    assertThat(claim).isEqualTo(new Claim.Joined<>(delivered.call, How.REPLAYED));
    return "replayed";
  }

  private static String expectOpened(Claim<String> claim) {
    assertThat(claim).isInstanceOf(Claim.Opened.class);
    return "opened";
  }

  private static String expectAdopted(Known left, Claim<String> claim, String outcome) {
    assertThat(claim).isEqualTo(new Claim.Joined<>(left.call, How.ADOPTED));
    left.isAttended = true;
    return outcome;
  }

  /** The one among those that came to where it is first. */
  private @Nullable Known first(Predicate<Known> which) {
    return all.stream()
        .filter(known -> !known.isOver)
        .filter(which)
        .min(Comparator.comparingInt(known -> known.since))
        .orElse(null);
  }

  private static boolean isEqual(Known known, CallIdentity request) {
    return !(known.identity instanceof CallIdentity.Named)
        && !known.identity.fingerprint().equals(Fingerprint.NONE)
        && known.identity.scope().equals(request.scope())
        && known.identity.fingerprint().equals(request.fingerprint());
  }

  private void alone() {
    CallScope scope = scope();
    add(
        new Known(
            new CallIdentity.Anonymous(scope, Fingerprint.NONE),
            index.openAlone(scope, new CallId("req_" + events), ImmediateEventExecutor.INSTANCE)));
  }

  /** Also of calls that are over: then nothing may change. */
  private void tell() {
    if (all.isEmpty()) {
      return;
    }
    Known known = all.get(Math.max(0, all.size() - 1 - random.nextInt(20)));
    boolean hasId = known.identity instanceof CallIdentity.Named;
    switch (random.nextInt(8)) {
      case 0, 1, 2 -> {
        index.left(known.call);
        if (!known.isOver && known.isAttended) {
          known.isAttended = false;
          known.isDelivered = false;
          known.leftNanos = nanos;
          known.since = events;
        }
      }
      case 3 -> {
        index.attended(known.call);
        known.isAttended = true;
      }
      case 4, 5 -> {
        boolean delivered = random.nextBoolean();
        index.finished(known.call, delivered);
        known.isInFlight = false;
        if (!known.isOver && delivered && !known.isDelivered) {
          known.isDelivered = true;
          known.isAttended |= !hasId;
          known.since = events;
        }
      }
      case 6 -> {
        index.failed(known.call);
        if (!known.isOver && !hasId) {
          failures.add(new Failure(known.identity.scope(), known.identity.fingerprint(), nanos));
        }
        known.isOver = true;
        known.isInFlight = false;
      }
      default -> {
        index.release(known.call);
        known.isOver = true;
        known.isInFlight = false;
      }
    }
  }

  private void lookOn() {
    assertThat(index.inFlight()).isEqualTo(all.stream().filter(known -> known.isInFlight).count());
    assertThat(index.calls())
        .containsExactlyInAnyOrderElementsOf(
            all.stream().filter(known -> !known.isOver).map(known -> known.call).toList());
    CallIdentity asked = identity();
    boolean expected =
        asked instanceof CallIdentity.Named named
            ? onConcurrent == OnConcurrent.REFUSE
                && all.stream()
                    .anyMatch(
                        known ->
                            !known.isOver
                                && known.isInFlight
                                && known.isAttended
                                && known.identity instanceof CallIdentity.Named other
                                && other.scope().equals(named.scope())
                                && other.id().equals(named.id()))
            : all.stream()
                .anyMatch(
                    known ->
                        !known.isOver
                            && isEqual(known, asked)
                            && known.isAttended
                            && !known.isDelivered);
    assertThat(index.hasAttendedEqual(asked)).isEqualTo(expected);
    for (Known known : all) {
      if (!known.isOver && !known.identity.fingerprint().equals(Fingerprint.NONE)) {
        assertThat(known.call.isAttended()).isEqualTo(known.isAttended);
      }
    }
  }
}

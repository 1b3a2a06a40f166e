package dev.sluice.core.warm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.team.TeamId;
import dev.sluice.core.warm.PrefixReader.Cacheable;
import dev.sluice.core.warm.PrefixReader.NotCacheable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WarmTargetsTest {

  private final List<RegisteredPrefix> registered = new ArrayList<>();
  private final List<KnownPrefix> learned = new ArrayList<>();
  private int reads;

  private final WarmTargets targets =
      new WarmTargets(
          () -> registered,
          (route, request) -> {
            reads++;
            return request.isEmpty()
                ? new NotCacheable("It is empty.")
                : new Cacheable(request, "f", "main", "m", request.length(), 300, null);
          },
          () -> learned);

  private static RegisteredPrefix registered(String name, String request) {
    WarmOrder order = new WarmOrder(true, List.of(), null);
    return new RegisteredPrefix(name, "main", new TeamId("testers"), request, null, order);
  }

  private static KnownPrefix known(Object id, @Nullable String name, boolean isWarm) {
    return isWarm
        ? new KnownPrefix(id, name, "main", "m", 77, true, 900, 600, 300, 20)
        : new KnownPrefix(id, name, "main", "m", 3, false, 0, 300, KnownPrefix.NEVER, 0);
  }

  @Test
  void whatNobodyHasUsedIsColdAndWhatTrafficHasShownIsBelieved() {
    registered.add(registered("one", "abc"));
    registered.add(registered("two", "xyz"));
    learned.add(known("xyz", null, true));
    learned.add(known("other", null, true));
    assertThat(targets.get())
        .containsExactly(
            known("abc", "one", false), known("xyz", "two", true), known("other", null, true));
  }

  @Test
  void twoNamesOfOnePrefixAreRefreshedOnce() {
    registered.add(registered("one", "abc"));
    registered.add(registered("two", "abc"));
    assertThat(targets.get()).containsExactly(known("abc", "one", false));
  }

  @Test
  void whatIsNotCacheableIsLeftOut() {
    registered.add(registered("one", ""));
    assertThat(targets.get()).isEmpty();
    assertThat(targets.reading(registered.getFirst())).isInstanceOf(NotCacheable.class);
  }

  @Test
  void aRequestIsReadOnceForAsLongAsItIsTheSame() {
    registered.add(registered("one", "abc"));
    targets.get();
    targets.get();
    targets.reading(registered.getFirst());
    assertThat(reads).isEqualTo(1);
    registered.set(0, registered("one", "abd"));
    assertThat(targets.get()).extracting(KnownPrefix::id).containsExactly("abd");
    registered.clear();
    assertThat(targets.get()).isEmpty();
    assertThat(reads).isEqualTo(2);
  }
}

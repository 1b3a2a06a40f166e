package dev.sluice.core.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.identity.Fingerprint;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Where a call goes when something is wrong at the account that has its prompt, in virtual time.
 */
class AccountChoiceTest {

  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000 * MILLI;
  private static final Fingerprint KEY = new Fingerprint(1, 2);

  private final List<String> names = List.of("a", "b", "c");
  private final List<String> spills = new ArrayList<>();
  private final Set<String> full = new HashSet<>();
  private long now = Long.MAX_VALUE - SECOND; // such a clock may run over
  private final AccountChoice choice =
      new AccountChoice(names, () -> now, (from, why) -> spills.add(from + " " + why.label()));

  private String choose() {
    return choice.line(names, KEY).choose(name -> !full.contains(name));
  }

  private String withoutKey() {
    return choice.line(names, null).choose(name -> !full.contains(name));
  }

  private String second() {
    List<String> others = new ArrayList<>(names);
    others.remove(choice.line(names, KEY).first());
    return choice.line(others, KEY).first();
  }

  private void refused(String name, long retryAfterMillis) {
    choice.refused(choice.account(name), Spill.REFUSED, retryAfterMillis);
  }

  @Test
  void theSameKeyGoesToTheSameAccountHoweverBusyItIs() {
    String first = choose();
    for (int i = 0; i < 100; i++) {
      choice.account(first).begins();
      assertThat(choose()).isEqualTo(first);
    }
    assertThat(spills).isEmpty();
  }

  @Test
  void anAccountWithoutTokensIsPassedOverForTheNextOfTheKey() {
    String first = choose();
    String second = second();
    full.add(first);
    assertThat(choose()).isEqualTo(second);
    full.add(second);
    assertThat(choose()).isNotIn(first, second);
    assertThat(spills).containsExactly(first + " pool", first + " pool");
    full.clear();
    assertThat(choose()).isEqualTo(first);
  }

  @Test
  void whereNobodyHasTokensItWaitsWhereItsPromptIs() {
    String first = choose();
    full.addAll(names);
    assertThat(choose()).isEqualTo(first);
    assertThat(spills).isEmpty();
  }

  @Test
  void anAccountThatSaidNoIsPassedOverUntilItsTimeAndThenHasItsKeysBack() {
    String first = choose();
    refused(first, 2_500);
    now += 2_500 * MILLI - 1;
    assertThat(choose()).isEqualTo(second());
    now += 1;
    assertThat(choose()).isEqualTo(first);
    assertThat(spills).containsExactly(first + " refused");
  }

  @Test
  void withoutATimeItIsPassedOverForASecond() {
    String first = choose();
    choice.refused(choice.account(first), Spill.OVERLOADED, 0);
    now += SECOND - 1;
    assertThat(choose()).isEqualTo(second());
    now += 1;
    assertThat(choose()).isEqualTo(first);
    assertThat(spills).containsExactly(first + " overloaded");
  }

  @Test
  void noTimeIsLongerThanAMinute() {
    String first = choose();
    refused(first, Long.MAX_VALUE);
    now += 60 * SECOND - 1;
    assertThat(choose()).isEqualTo(second());
    now += 1;
    assertThat(choose()).isEqualTo(first);
  }

  @Test
  void aShorterNoDoesNotEndALongerOne() {
    String first = choose();
    refused(first, 10_000);
    choice.unreachable(choice.account(first));
    now += 9 * SECOND;
    assertThat(choose()).isEqualTo(second());
    assertThat(spills).containsExactly(first + " refused");
  }

  @Test
  void whoCannotBeConnectedToIsPassedOverForASecond() {
    String first = choose();
    choice.unreachable(choice.account(first));
    now += SECOND - 1;
    assertThat(choose()).isEqualTo(second());
    now += 1;
    assertThat(choose()).isEqualTo(first);
    assertThat(spills).containsExactly(first + " unreachable");
  }

  /** Its tokens come back while it waits; the other would say no again. */
  @Test
  void itRatherWaitsForTokensThanGoesToWhoSaidNo() {
    String first = choose();
    full.addAll(names);
    refused(first, 5_000);
    assertThat(choose()).isEqualTo(second());
  }

  @Test
  void whereAllHaveSaidNoItGoesToWhoseTimeIsOverFirst() {
    refused("a", 3_000);
    refused("b", 1_000);
    refused("c", 2_000);
    assertThat(choose()).isEqualTo("b");
  }

  @Test
  void withoutAKeyItGoesToWhoHasTheFewestCallsAndFirstAsListed() {
    assertThat(withoutKey()).isEqualTo("a");
    choice.account("a").begins();
    assertThat(withoutKey()).isEqualTo("b");
    choice.account("b").begins();
    choice.account("c").begins();
    assertThat(withoutKey()).isEqualTo("a");
    choice.account("c").ends();
    assertThat(withoutKey()).isEqualTo("c");
    full.add("c");
    assertThat(withoutKey()).isEqualTo("a");
    assertThat(spills).containsExactly("c pool");
  }

  @Test
  void anUnknownNameIsToldWithTheKnownOnes() {
    assertThatThrownBy(() -> choice.line(List.of("a", "d"), KEY))
        .hasMessageContaining("\"d\"")
        .hasMessageContaining("a");
  }
}

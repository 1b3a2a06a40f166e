package dev.sluice.billing.admission;

import static dev.sluice.billing.admission.World.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.team.TeamId;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BlameTest {

  private static final TeamId CHAT = new TeamId("chat");
  private static final TeamId DOCS = new TeamId("docs");
  private static final TeamId CODE = new TeamId("code");

  private final Blame blame = new Blame(0);
  private final Blame.Row chat = new Blame.Row(CHAT);
  private final Blame.Row docs = new Blame.Row(DOCS);
  private final Blame.Row code = new Blame.Row(CODE);

  @Test
  void aSecondOfWaitingIsOwedInProportionToWhatOthersWereLentInIt() {
    blame.lent(docs, 3_000);
    blame.waiting(chat, 2, 0);
    blame.lent(code, 1_000);
    blame.lent(chat, 50_000);
    blame.at(SECOND);
    assertThat(chat.causes()).isEqualTo(Map.of(DOCS, 2 * SECOND * 3 / 4, CODE, 2 * SECOND / 4));
    assertThat(chat.total()).isEqualTo(2 * SECOND);
  }

  @Test
  void whoOnlyBorrowsItselfOwesItToItself() {
    blame.waiting(chat, 1, 0);
    blame.lent(chat, 10);
    blame.at(SECOND);
    assertThat(chat.causes()).isEqualTo(Map.of(CHAT, SECOND));
  }

  @Test
  void aDebtIsOwedByWhoMadeItAsLongAsItIsWaitedOut() {
    blame.lent(docs, 100_000);
    blame.waiting(chat, 1, SECOND / 2);
    for (int second = 1; second <= 5; second++) {
      blame.at(second * SECOND);
    }
    blame.waiting(chat, -1, 5 * SECOND);
    assertThat(chat.causes()).isEqualTo(Map.of(DOCS, 9 * SECOND / 2));
    // Nobody waits for a second: what is waited for then is another matter.
    blame.at(6 * SECOND);
    blame.waiting(chat, 1, 6 * SECOND);
    blame.at(7 * SECOND);
    assertThat(chat.causes()).isEqualTo(Map.of(DOCS, 9 * SECOND / 2, CHAT, SECOND));
  }

  @Test
  void whatHeldItIsSaidAsItChanges() {
    blame.lent(docs, 1);
    blame.waiting(chat, 1, 0);
    blame.held(chat, Blame.Hold.PROVIDER, 100);
    blame.held(chat, Blame.Hold.ITSELF, 300);
    blame.held(chat, Blame.Hold.OTHERS, 600);
    blame.waiting(chat, -1, 1_000);
    blame.close(2_000);
    assertThat(chat.provider()).isEqualTo(200);
    assertThat(chat.causes()).isEqualTo(Map.of(CHAT, 300L, DOCS, 500L));
    assertThat(chat.total()).isEqualTo(1_000);
  }

  @Test
  void whatRoundingLeavesIsNotLost() {
    blame.lent(docs, 1);
    blame.lent(code, 2);
    blame.waiting(chat, 1, 0);
    blame.waiting(chat, -1, 100);
    blame.close(SECOND);
    assertThat(chat.causes()).isEqualTo(Map.of(DOCS, 33L, CODE, 67L));
  }

  @Test
  void theGreatestNumbersThatAreAllowedDoNotOverflow() {
    blame.lent(docs, Long.MAX_VALUE);
    blame.lent(code, Long.MAX_VALUE);
    blame.waiting(chat, 100_000, 0);
    blame.at(3_600 * SECOND);
    assertThat(chat.causes())
        .isEqualTo(Map.of(DOCS, 180_000_000 * SECOND, CODE, 180_000_000 * SECOND));
  }
}

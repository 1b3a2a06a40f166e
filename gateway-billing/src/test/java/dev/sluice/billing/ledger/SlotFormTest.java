package dev.sluice.billing.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.estimate.ContentClass;
import dev.sluice.billing.ledger.CallRecord.Metering;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SlotFormTest {

  private static final int INTENT_ROOM = InFlightFile.SETTLED_AT - InFlightFile.INTENT_AT;
  private static final int SETTLED_ROOM = InFlightFile.SLOT_BYTES - InFlightFile.SETTLED_AT;

  @Test
  void whatIsReadIsWhatWasWritten() {
    long seed = Long.getLong("seed", System.nanoTime());
    RandomCalls calls = new RandomCalls(new SplittableRandom(seed), 1_000);
    for (int i = 0; i < 2_000; i++) {
      Intent intent = calls.intent();
      CallRecord settled = calls.settled(intent);
      assertThat(reread(intent)).as("seed %s", seed).isEqualTo(intent);
      assertThat(reread(intent, settled)).as("seed %s", seed).isEqualTo(settled);
    }
  }

  @Test
  void theLongestTextsFitAndAreCut() {
    for (String longest : new String[] {"x".repeat(5_000), "語".repeat(3_000)}) {
      Intent intent = longest(longest, Map.of(longest, longest, longest + "y", longest));
      Intent read = reread(intent);
      assertThat(read.callId()).isEqualTo(Place.CALL_ID.cut(longest));
      assertThat(read.modelAsked()).isEqualTo(Place.MODEL.cut(longest));
      assertThat(read.tags())
          .isEqualTo(Map.of(Place.TAG_NAME.cut(longest), Place.TAG_VALUE.cut(longest)));
      CallRecord settled = reread(intent, longestSettled(intent, longest));
      assertThat(settled.modelServed()).isEqualTo(Place.MODEL.cut(longest));
      assertThat(settled.avoidedCost().priceVersion()).isEqualTo(Place.PRICE_VERSION.cut(longest));
    }
  }

  @Test
  void tagsForWhichThereIsNoRoomAreLeftOutWhole() {
    Map<String, String> tags = new LinkedHashMap<>();
    for (int i = 0; i < 40; i++) {
      tags.put("name-" + i, "v".repeat(100));
    }
    Map<String, String> read = reread(longest("x", tags)).tags();
    assertThat(read).hasSizeBetween(6, 39);
    assertThat(tags.entrySet()).containsAll(read.entrySet());
  }

  private static Intent reread(Intent intent) {
    SlotBytes bytes = SlotBytes.forWriting(INTENT_ROOM).number(7);
    SlotForm.write(intent, bytes);
    SlotBytes from = SlotBytes.of(Arrays.copyOf(bytes.array(), bytes.length()));
    assertThat(from.number()).isEqualTo(7);
    Intent read = SlotForm.intent(from);
    assertThat(from.room()).isZero();
    return read;
  }

  private static CallRecord reread(Intent intent, CallRecord settled) {
    SlotBytes bytes = SlotBytes.forWriting(SETTLED_ROOM).number(7);
    SlotForm.write(settled, bytes);
    SlotBytes from = SlotBytes.of(Arrays.copyOf(bytes.array(), bytes.length()));
    assertThat(from.number()).isEqualTo(7);
    CallRecord read = SlotForm.settled(intent, from);
    assertThat(from.room()).isZero();
    return read;
  }

  private static Intent longest(String text, Map<String, String> tags) {
    return new Intent(
        text,
        new TeamId(text),
        text,
        text,
        text,
        text,
        text,
        text,
        true,
        tags,
        1,
        2,
        3,
        4,
        text,
        new Cost(Cost.State.APPROXIMATE, 5, 6, 7, 8, 9, 10, text));
  }

  private static CallRecord longestSettled(Intent intent, String text) {
    Usage usage = new Usage(1, 2, 3, 4, 5, 6, 7, 8);
    Cost cost = intent.estimatedCost();
    return new CallRecord(
        text,
        intent.team(),
        text,
        intent.tags(),
        text,
        text,
        text,
        text,
        text,
        text,
        text,
        true,
        200,
        longestWord(Outcome.class),
        text,
        text,
        usage,
        longestWord(UsageSource.class),
        cost,
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        true,
        text,
        9,
        text,
        usage,
        cost,
        new Metering(text, longestWord(ContentClass.class), 1, 2),
        CallRecord.Caching.NONE);
  }

  private static <E extends Enum<E>> E longestWord(Class<E> constants) {
    return EnumSet.allOf(constants).stream()
        .max(Comparator.comparingInt(constant -> constant.name().length()))
        .orElseThrow();
  }
}

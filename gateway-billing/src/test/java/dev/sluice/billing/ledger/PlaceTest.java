package dev.sluice.billing.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PlaceTest {

  private static final List<Place> PLACES = List.of(Place.values());
  private static final int[] CHARACTERS = {'a', 'ß', '語', 0x1f600, 0xd83d};

  @Test
  void aTextIsCutBetweenCharactersAndNoSoonerThanItMust() {
    long seed = Long.getLong("seed", System.nanoTime());
    var random = new SplittableRandom(seed);
    for (int i = 0; i < 20_000; i++) {
      Place place = PLACES.get(random.nextInt(PLACES.size()));
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(120); n > 0; n--) {
        text.appendCodePoint(CHARACTERS[random.nextInt(CHARACTERS.length)]);
      }
      String cut = place.cut(text.toString());
      assertThat(text.toString()).as("seed %s", seed).startsWith(cut);
      assertThat(bytes(cut)).as("seed %s", seed).isLessThanOrEqualTo(place.bytes);
      assertThat(place.cut(cut)).as("seed %s", seed).isEqualTo(cut);
      if (cut.length() < text.length()) {
        int next = text.codePointAt(cut.length());
        assertThat(Character.isLowSurrogate(text.charAt(cut.length()))).isFalse();
        assertThat(bytes(cut) + 4)
            .as("seed %s: there was room for %x", seed, next)
            .isGreaterThan(place.bytes);
      }
    }
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}

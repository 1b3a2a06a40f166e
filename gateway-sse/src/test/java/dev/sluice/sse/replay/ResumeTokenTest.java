package dev.sluice.sse.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A token opens one call of one scope for a while, and nothing that was not issued opens any. */
class ResumeTokenTest {

  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  private static final long NOW = 1_795_000_000L;

  private final ResumeToken tokens = new ResumeToken(secret('a'));
  private final String token = tokens.issue("chat", "7f3a", NOW + 600);

  private static byte[] secret(char letter) {
    return String.valueOf(letter).repeat(32).getBytes(StandardCharsets.US_ASCII);
  }

  private boolean opens(String any) {
    return tokens.isValid(any, "chat", "7f3a", NOW);
  }

  @Test
  void aTokenOpensTheCallThatItWasIssuedFor() {
    assertThat(opens(token)).isTrue();
    assertThat(new ResumeToken(secret('a')).isValid(token, "chat", "7f3a", NOW))
        .as("on another loop")
        .isTrue();
    assertThat(tokens.isValid(tokens.issue("", "", 1), "", "", 0)).isTrue();
  }

  @Test
  void aTokenFitsIntoAUrlAsItIs() {
    assertThat(token).hasSize(52).matches("[A-Za-z0-9_-]+");
  }

  @Test
  void aTokenIsValidUntilTheSecondInWhichItExpires() {
    assertThat(tokens.isValid(token, "chat", "7f3a", NOW + 599)).isTrue();
    assertThat(tokens.isValid(token, "chat", "7f3a", NOW + 600)).isFalse();
    assertThat(tokens.isValid(token, "chat", "7f3a", Long.MAX_VALUE)).isFalse();
  }

  @Test
  void aTokenOpensNoOtherCallAndNoOtherScope() {
    assertThat(tokens.isValid(token, "chat", "7f3b", NOW)).isFalse();
    assertThat(tokens.isValid(token, "batch", "7f3a", NOW)).isFalse();
    assertThat(tokens.isValid(token, "", "chat7f3a", NOW)).isFalse();
    assertThat(tokens.isValid(token, "chat7", "f3a", NOW)).isFalse();
    assertThat(tokens.isValid(token, "7f3a", "chat", NOW)).isFalse();
  }

  @Test
  void aTokenOfAnotherProcessOpensNothing() {
    assertThat(opens(new ResumeToken(secret('b')).issue("chat", "7f3a", NOW + 600))).isFalse();
  }

  @Test
  void oneChangedCharacterAnywhereMakesItVoid() {
    for (int i = 0; i < token.length(); i++) {
      for (int k = 0; k < ALPHABET.length(); k++) {
        char c = ALPHABET.charAt(k);
        if (c != token.charAt(i)) {
          assertThat(opens(token.substring(0, i) + c + token.substring(i + 1)))
              .as("%s at %d", c, i)
              .isFalse();
        }
      }
      assertThat(opens(token.substring(0, i) + token.substring(i + 1))).isFalse();
      assertThat(opens(token.substring(0, i) + '.' + token.substring(i + 1))).isFalse();
      assertThat(opens(token.substring(0, i) + '=' + token.substring(i + 1))).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "=", "token", "é", "\u0000", "../../etc/passwd", "null"})
  void whatIsNoTokenOpensNothing(String garbage) {
    assertThat(opens(garbage)).isFalse();
    assertThat(opens(token + garbage)).isEqualTo(garbage.isEmpty());
    assertThat(opens((garbage + token).substring(0, 52))).isEqualTo(garbage.isEmpty());
  }

  @Test
  void aVeryLongTextIsNotEvenDecoded() {
    assertThat(opens("A".repeat(10_000_000))).isFalse();
    assertThat(opens(token.repeat(100_000))).isFalse();
  }

  @Test
  void noRandomTextOpensAnything() {
    long seed = 20_261_126;
    var random = new Random(seed);
    for (int round = 0; round < 20_000; round++) {
      var text = new StringBuilder(52);
      for (int i = 0; i < 52; i++) {
        text.append(
            random.nextInt(50) == 0
                ? (char) random.nextInt(0x10000)
                : ALPHABET.charAt(random.nextInt(64)));
      }
      assertThat(opens(text.toString())).as("seed %d round %d", seed, round).isFalse();
    }
  }

  @Test
  void aSecretOfAnotherLengthAndATimeThatCannotBeWrittenAreRefused() {
    assertThatThrownBy(() -> new ResumeToken(new byte[31])).hasMessageContaining("31");
    assertThatThrownBy(() -> tokens.issue("chat", "7f3a", -1)).hasMessageContaining("-1");
    assertThatThrownBy(() -> tokens.issue("chat", "7f3a", Long.MAX_VALUE))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

package dev.sluice.billing.team;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiKeyTest {

  private final ApiKeyHasher hasher = new ApiKeyHasher("key");

  @Test
  void aNewKeyIsWellFormedAndNewEachTime() {
    SecureRandom random = new SecureRandom();
    String key = ApiKey.generate(random);

    assertThat(key).hasSize(47).startsWith("slk_");
    assertThat(ApiKey.isWellFormed(key)).isTrue();
    assertThat(ApiKey.generate(random)).isNotEqualTo(key);
  }

  @Test
  void theHashIsHmacSha256OfTheWholeKey() {
    // printf %s slk_AAA… | openssl dgst -sha256 -hmac key
    assertThat(hasher.hash("slk_" + "A".repeat(43)).text())
        .isEqualTo("hmac-sha256:d004f92f93ab35d5a2b24ff9414ce655e495433b3cb98a58629604ff18574626");
  }

  @Test
  void theTextFormIsReadBack() {
    ApiKeyHash hash = hasher.hash(ApiKey.generate(new SecureRandom()));

    assertThat(ApiKeyHash.parse(hash.text())).isEqualTo(hash).hasSameHashCodeAs(hash);
    String shouted = ApiKeyHash.PREFIX + hash.text().substring(12).toUpperCase(Locale.ROOT);
    assertThat(ApiKeyHash.parse(shouted)).isEqualTo(hash);
    assertThat(hash).isNotEqualTo(hasher.hash(ApiKey.generate(new SecureRandom())));
  }

  @ParameterizedTest
  @CsvSource({
    "sha256:00, does not start with hmac-sha256:",
    "hmac-sha256:, 'has 0 hexadecimal digits, not 64'",
    "hmac-sha256:0123, 'has 4 hexadecimal digits, not 64'",
    "hmac-sha256:01x3, has something else than a hexadecimal digit at place 3 after the colon",
    "slk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA, 'is a key itself, not its hash'"
  })
  void whatIsNoHashIsRefusedWithoutBeingRepeated(String text, String message) {
    assertThatThrownBy(() -> ApiKeyHash.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void anEmptySecretIsRefused() {
    assertThatThrownBy(() -> new ApiKeyHasher("")).isInstanceOf(IllegalArgumentException.class);
  }

  /** Time cannot be measured here without luck; that the one constant-time compare is used can. */
  @Test
  void digestsAreComparedInConstantTimeOnly() throws IOException {
    Path source = Path.of("src/main/java/dev/sluice/billing/team");
    assertThat(Files.readString(source.resolve("ApiKeyHash.java")))
        .contains("return MessageDigest.isEqual(digest, other);")
        .contains("other instanceof ApiKeyHash hash && isDigest(hash.digest)")
        .doesNotContain("Arrays.equals");
    assertThat(Files.readString(source.resolve("TeamDirectory.java")))
        .contains(".isDigest(digest)")
        .doesNotContain("Arrays.equals");
  }
}

package dev.sluice.billing.estimate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Worked by hand from the published formulas; see the comments at each. */
class ImageTokensTest {

  @ParameterizedTest
  @CsvSource({
    // ceil(1024/32)² = 1,024 patches × 1.2
    "gpt-5.2, 1024, 1024, 1229",
    "gpt-6.1-terra, 1024, 1024, 1229",
    // 64 × 40 = 2,560 patches are too many: scaled to 39 in height, 63 × 39 = 2,457; × 1.2
    "gpt-5.2, 2048, 1280, 2949",
    // fitted into 2,048 first: 64 × 16 patches × 1.62
    "gpt-4.1-mini, 4096, 1024, 1659",
    // 1 × 1
    "gpt-4.1-nano, 20, 20, 3",
    "o4-mini, 512, 512, 441",
    "gpt-5-nano, 512, 512, 384",
    "gpt-5-mini-2025-08-07, 512, 512, 415",
    // 1,024² to 768²: 4 tiles
    "gpt-4o, 1024, 1024, 765",
    "openai/gpt-4o-2024-08-06, 1024, 1024, 765",
    "gpt-4.1, 1024, 1024, 765",
    // 2,048 × 4,096 to 1,024 × 2,048 to 768 × 1,536: 2 × 3 tiles
    "gpt-4o, 2048, 4096, 1105",
    // smaller pictures are not enlarged: one tile
    "gpt-4o, 512, 512, 255",
    "gpt-4o-mini, 1024, 1024, 25501",
    "gpt-5, 1024, 1024, 630",
    "gpt-5.1, 1024, 1024, 630",
    "o1, 1024, 1024, 675",
    "o3-2025-04-16, 1024, 1024, 675",
    // 37 × 37
    "claude-sonnet-4-5, 1024, 1024, 1369",
    "claude-sonnet-4-20250514, 1024, 1024, 1369",
    // 1,568 × 882: 56 × 32 = 1,792 are more than the cap
    "claude-3-5-sonnet-latest, 1920, 1080, 1568",
    "anthropic.claude-opus-4-6-v1:0, 1920, 1080, 1568",
    // 69 × 39
    "claude-opus-4-7, 1920, 1080, 2691",
    "claude-sonnet-5, 1920, 1080, 2691",
    "claude-opus-4.8, 4000, 3000, 4784",
    // 258 when small, else by tiles of 768: 3 × 2
    "gemini-2.5-flash, 384, 384, 258",
    "gemini-2.5-flash, 1920, 1080, 1548",
    "gemini-3-pro, 1920, 1080, 1120",
    // anything else as an older Claude
    "llava, 1024, 1024, 1369",
    ", 1024, 1024, 1369",
  })
  void aPictureCostsWhatTheProviderPublished(String model, int width, int height, long tokens) {
    assertThat(ImageTokens.tokens(model, new ImageSize(width, height))).isEqualTo(tokens);
  }
}

package dev.sluice.core.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.junit.jupiter.api.Test;

class CallTagsTest {

  private final HttpHeaders headers = new DefaultHttpHeaders();

  @Test
  void theGatewaysOwnFieldsAreTagsUnderTheirNamesWithoutPrefix() {
    headers
        .add("sluice-run-id", "r1")
        .add("Sluice-Step", "plan")
        .add("SLUICE-CONVERSATION-ID", "c1")
        .add("Sluice-Prompt-Id", "greeting")
        .add("Sluice-Prompt-Version", "7")
        .add("Sluice-Prompt-Locale", "de-CH");
    assertThat(CallTags.of(headers, List.of()))
        .containsExactly(
            entry("run-id", "r1"),
            entry("step", "plan"),
            entry("conversation-id", "c1"),
            entry("prompt-id", "greeting"),
            entry("prompt-version", "7"),
            entry("prompt-locale", "de-CH"));
  }

  @Test
  void otherFieldsAreTagsOnlyWhereTheConfigurationNamesThem() {
    headers.add("X-Feature", "search").add("Authorization", "Bearer x").add("Sluice-Resume", "1");
    assertThat(CallTags.of(headers, List.of())).isEmpty();
    assertThat(CallTags.of(headers, List.of("x-feature", "x-absent")))
        .containsExactly(entry("x-feature", "search"));
  }

  @Test
  void ofSeveralValuesTheFirstCountsAndAnEmptyOneNone() {
    headers.add("Sluice-Run-Id", "").add("Sluice-Run-Id", "a").add("Sluice-Run-Id", "b");
    assertThat(CallTags.of(headers, List.of())).containsExactly(entry("run-id", "a"));
  }

  @Test
  void aValueIsCutAfterItsLastWholeCharacterThatFits() {
    headers
        .add("Sluice-Run-Id", "x".repeat(500))
        .add("Sluice-Step", "y".repeat(127) + "\ud83d\ude00");
    assertThat(CallTags.of(headers, List.of()))
        .containsExactly(entry("run-id", "x".repeat(128)), entry("step", "y".repeat(127)));
  }
}

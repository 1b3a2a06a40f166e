package dev.sluice.core.config;

import dev.sluice.core.prefix.GateMode;
import dev.sluice.core.prefix.GateSettings;
import java.time.Duration;

/** What a file says of prompt caches, each value with its line. */
record PromptCacheDraft(Found<GateMode> gate, Found<Duration> maxWait, Found<Integer> prefixes) {

  static PromptCacheDraft read(Reading file) {
    return new PromptCacheDraft(
        file.get(Keys.PROMPT_CACHE_GATE),
        file.get(Keys.PROMPT_CACHE_MAX_WAIT),
        file.get(Keys.PROMPT_CACHE_PREFIXES));
  }

  GateSettings build() {
    return new GateSettings(gate.value(), maxWait.value(), prefixes.value());
  }
}

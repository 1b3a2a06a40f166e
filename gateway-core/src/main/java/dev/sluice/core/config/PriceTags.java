package dev.sluice.core.config;

import dev.sluice.billing.price.PriceTable;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whose prices a provider has: as the file says, or told by its host. */
final class PriceTags {

  static final String AUTO = "auto";

  /** Domain → tag in the shipped table; a host belongs to the first domain that it lies in. */
  private static final List<Map.Entry<String, String>> DOMAINS =
      List.of(
          Map.entry("openai.com", "openai"),
          Map.entry("azure.com", "azure"),
          Map.entry("anthropic.com", "anthropic"),
          Map.entry("generativelanguage.googleapis.com", "gemini"),
          Map.entry("amazonaws.com", "bedrock"),
          Map.entry("deepseek.com", "deepseek"),
          Map.entry("mistral.ai", "mistral"),
          Map.entry("groq.com", "groq"),
          Map.entry("x.ai", "xai"),
          Map.entry("moonshot.ai", "moonshot"),
          Map.entry("moonshot.cn", "moonshot"),
          Map.entry("z.ai", "zai"),
          Map.entry("cohere.com", "cohere"),
          Map.entry("cohere.ai", "cohere"));

  private static final int LENGTH_MAX = 64;

  private PriceTags() {}

  static Kind<String> kind() {
    return new Kind<>(
        "name",
        "auto, or a provider's name in the price table",
        false,
        text ->
            text.length() <= LENGTH_MAX && !text.isBlank() && text.equals(text.strip())
                ? new Kind.Good<>(text)
                : new Kind.Bad<>(
                    "is no name of a provider",
                    "bin/gateway prices explain MODEL tells whose prices there are."));
  }

  /** A name that no price table has would leave all costs unknown, which nobody means. */
  static void check(Found<String> said, PriceTable prices, Reading file) {
    if (said.isGood() && !said.value().equals(AUTO) && !prices.providers().contains(said.value())) {
      file.problem(
          said.line(),
          said.key(),
          said.key()
              + " names a provider without prices: found "
              + said.shown()
              + ", allowed auto, "
              + String.join(", ", prices.providers())
              + ". Use one of these, or give its models rows in a file of prices.overrides.");
    }
  }

  /** Null where nobody knows: then only models that one provider alone has can be priced. */
  static @Nullable String of(String said, URI baseUrl) {
    if (!said.equals(AUTO)) {
      return said;
    }
    String host = String.valueOf(baseUrl.getHost()).toLowerCase(Locale.ROOT);
    for (Map.Entry<String, String> domain : DOMAINS) {
      if (host.equals(domain.getKey()) || host.endsWith("." + domain.getKey())) {
        return domain.getValue();
      }
    }
    return null;
  }
}

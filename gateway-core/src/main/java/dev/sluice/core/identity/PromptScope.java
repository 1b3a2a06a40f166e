package dev.sluice.core.identity;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;

/**
 * In which of an account's prompt caches a request is looked up, as far as its body does not say.
 */
public final class PromptScope {

  /** Fields that say in whose workspace a call is. */
  private static final List<String> FIELDS =
      List.of("openai-organization", "openai-project", "x-goog-user-project");

  private PromptScope() {}

  /**
   * A text that is equal for two requests exactly where they share a cache.
   *
   * @param dialect name of the API: another form of the same prompt is another prompt
   * @param credential hash of the client's own key, where that is the provider's; else 0
   */
  public static String of(String dialect, String model, long credential, HttpHeaders headers) {
    StringBuilder scope =
        new StringBuilder(dialect).append('\n').append(model).append('\n').append(credential);
    for (String field : FIELDS) {
      for (String value : headers.getAll(field)) {
        scope.append('\n').append(field).append(':').append(value);
      }
    }
    return scope.toString();
  }
}

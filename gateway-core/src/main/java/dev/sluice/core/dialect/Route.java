package dev.sluice.core.dialect;

/**
 * Where requests with some path go. Immutable; named in the configuration.
 *
 * @param name unique; also a metric label
 * @param prefix path prefix that selects this route and is removed before forwarding, such as
 *     {@code /groq}; empty for the provider's plain paths. Starts with a slash, ends without one
 * @param family which provider's API is spoken
 */
public record Route(String name, String prefix, Family family) {

  /** A provider's API, with all its paths. */
  public enum Family {
    OPENAI,
    ANTHROPIC,
    GEMINI
  }
}

package dev.sluice.core.config;

/**
 * What one setting is, as people are shown it.
 *
 * @param name its full name in the file
 * @param value as it was written, with the environment put in, or the default; never a secret
 * @param isDefault whether the file does not give it
 * @param line where the file gives it; 0 where it does not
 */
public record EffectiveSetting(String name, String value, boolean isDefault, int line) {

  static final String SECRET = "****";
  private static final int LENGTH_MAX = 500;

  static EffectiveSetting given(String name, String text, boolean isSecret, int line) {
    String shown = Shown.line(text.length() > LENGTH_MAX ? text.substring(0, LENGTH_MAX) : text);
    return new EffectiveSetting(name, isSecret ? SECRET : shown, false, line);
  }

  static EffectiveSetting otherwise(String name, String value) {
    return new EffectiveSetting(name, value, true, 0);
  }
}

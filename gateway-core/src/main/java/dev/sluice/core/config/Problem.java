package dev.sluice.core.config;

/**
 * Something in a configuration file that must be changed, or should be known.
 *
 * @param file as the user named it
 * @param line counted from 1; 0 where the file itself could not be read
 * @param key the setting's full name, such as {@code teams.chat.keys}; empty where no setting is
 *     concerned
 * @param message whole sentences that name the key, what was found, what is allowed and what to do;
 *     never a secret
 */
public record Problem(String file, int line, String key, String message) {

  /** {@code gateway.yaml:31: listen.port is …}: the form that editors and terminals make a link. */
  public String text() {
    return file + (line > 0 ? ":" + line : "") + ": " + message;
  }

  @Override
  public String toString() {
    return text();
  }
}

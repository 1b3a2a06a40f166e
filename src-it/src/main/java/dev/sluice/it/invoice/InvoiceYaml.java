package dev.sluice.it.invoice;

import java.nio.file.Path;

/** A gateway's configuration for {@link Crowd}. */
public final class InvoiceYaml {

  // Whose bill is not told is on accounts of its own: what is learned of their tokens must not mix
  // with the lengths of prompts that a script only claims.
  private static final String YAML =
      """
      listen: {address: 127.0.0.1, port: ${PORT}, warm-up: 0s}
      admin: {port: ${ADMIN}}
      log: {calls: false}
      tags: {fields: [x-call]}
      storage: {directory: "${STORAGE}"}
      ledger: {durability: ${DURABILITY}, in-flight: 4096}
      teams: {payers: {}}
      providers:
        openai: {base-url: "${PROVIDER}", prices: openai}
        anthropic: {base-url: "${PROVIDER}", prices: anthropic}
        gemini: {base-url: "${PROVIDER}", prices: gemini}
        openai-blind: {base-url: "${PROVIDER}", prices: openai}
        anthropic-blind: {base-url: "${PROVIDER}", prices: anthropic}
        gemini-blind: {base-url: "${PROVIDER}", prices: gemini}
      routes:
      """;

  private static final String ROUTES =
      """
        ${API}: {api: ${API}, provider: ${API}, clients: open, team: payers}
        ${API}-finish: {api: ${API}, provider: ${API}, prefix: /${API}-finish, clients: open, team: payers, orphans: {policy: finish}}
        ${API}-blind: {api: ${API}, provider: ${API}-blind, prefix: /${API}-blind, clients: open, team: payers}
      """;

  private InvoiceYaml() {}

  /**
   * The whole file.
   *
   * @param port 0 for any
   * @param storage absolute
   */
  public static String of(
      int port, int adminPort, String provider, Path storage, String durability) {
    StringBuilder yaml =
        new StringBuilder(
            YAML.replace("${PORT}", Integer.toString(port))
                .replace("${ADMIN}", Integer.toString(adminPort))
                .replace("${STORAGE}", storage.toString())
                .replace("${DURABILITY}", durability)
                .replace("${PROVIDER}", provider));
    for (String api : new String[] {"openai", "anthropic", "gemini"}) {
      yaml.append(ROUTES.replace("${API}", api));
    }
    return yaml.toString();
  }

  /** Where the ledger of such a gateway is. */
  public static Path ledgerIn(Path storage) {
    return storage.resolve("ledger");
  }
}

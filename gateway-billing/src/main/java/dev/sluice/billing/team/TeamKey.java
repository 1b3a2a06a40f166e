package dev.sluice.billing.team;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One key of a team, as the directory looks it up. Immutable.
 *
 * @param id public: stands in records, and in the addresses of the admin port
 * @param expires the first instant at which it opens nothing any more; null for never
 */
public record TeamKey(String id, ApiKeyHash hash, @Nullable Instant expires) {

  private static final int SHOWN_DIGITS = 8;

  /** A key whose hash stands in the configuration file: named by the beginning of that. */
  public static TeamKey inFile(ApiKeyHash hash) {
    int start = ApiKeyHash.PREFIX.length();
    return new TeamKey("file_" + hash.text().substring(start, start + SHOWN_DIGITS), hash, null);
  }
}

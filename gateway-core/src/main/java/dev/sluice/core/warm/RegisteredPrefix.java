package dev.sluice.core.warm;

import dev.sluice.billing.team.TeamId;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A prefix that somebody has put a name to. Immutable.
 *
 * @param route by which its refreshes go
 * @param team that pays for them
 * @param request the JSON body whose prefix it is, as it came; a secret as all prompts are: {@link
 *     #toString} leaves it out
 * @param gate what becomes of calls with it; null as the configuration says
 */
public record RegisteredPrefix(
    String name, String route, TeamId team, String request, @Nullable Gate gate, WarmOrder order) {

  public static final int REQUEST_MAX_BYTES = 1 << 20;

  public static final int SCHEDULES_MAX = 16;

  private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");

  /** What becomes of calls that would write it at the same time. */
  public enum Gate {
    /** It is counted what holding them back would have saved. */
    OBSERVE,
    /** All but one wait until it is written. */
    ON
  }

  public RegisteredPrefix {
    if (!isName(name)) {
      throw new IllegalArgumentException("A prefix of the name " + name);
    }
    if (order.schedules().size() > SCHEDULES_MAX) {
      throw new IllegalArgumentException(order.schedules().size() + " schedules");
    }
    if (bytes(request) > REQUEST_MAX_BYTES) {
      throw new IllegalArgumentException("A request of " + bytes(request) + " bytes");
    }
  }

  public static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /** Length of the request in UTF-8. */
  public int requestBytes() {
    return bytes(request);
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  @Override
  public String toString() {
    return "RegisteredPrefix[" + name + " on " + route + " for " + team.name() + "]";
  }
}

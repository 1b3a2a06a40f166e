package dev.sluice.it.prove;

import dev.sluice.it.load.Attempt;
import dev.sluice.it.load.Attempt.Cut;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One question of {@link PaidOnce}: what is asked, what must be answered, and where its first
 * answer is cut.
 *
 * @param request as it is sent each time, byte for byte
 * @param expected the body without comments
 * @param cut how the client goes away; null where nginx cuts
 * @param after so many bytes of the answer
 */
record Question(byte[] request, byte[] expected, boolean isKeyed, @Nullable Cut cut, int after) {

  private static final List<Cut> CUTS = List.of(Cut.CLOSE, Cut.RESET, Cut.HALF_CLOSE);
  private static final String CONTENT = "events=14;size=6;echo";
  private static final String PACE = ";pace=25ms";

  // An answer is cut before its end for certain: its last events come after such a silence.
  private static final int LAST_EVENTS = 3;
  private static final String LAST_GAP = "600ms";
  // Longer than nginx bears, shorter than anybody waits.
  static final String NGINX_GAP = "2500ms";

  private static final String CHAT =
      "{\"model\":\"scripted-1\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}";
  private static final String ASKS = "\"stream_options\":{\"include_usage\":true},";

  /**
   * An API, and whether the gateway must ask for usage in the client's place.
   *
   * @param body with a place for the prompt
   */
  private record Kind(String path, String body, boolean isUnasked) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind("/v1/chat/completions", CHAT, true),
          new Kind("/v1/chat/completions", "{" + ASKS + CHAT.substring(1), false),
          new Kind(
              "/v1/responses",
              "{\"model\":\"scripted-1\",\"stream\":true,\"input\":\"%s\"}",
              false),
          new Kind(
              "/v1/messages",
              "{\"model\":\"scripted-1\",\"stream\":true,\"max_tokens\":99,\"messages\":"
                  + "[{\"role\":\"user\",\"content\":\"%s\"}]}",
              false),
          new Kind(
              "/v1beta/models/scripted-1:streamGenerateContent?alt=sse",
              "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"%s\"}]}]}",
              false));

  /**
   * Makes one, and asks the provider itself what is right: once, which is also what one call costs.
   *
   * @param number of the question; parts it from all others
   * @param nginx whether every fourth is cut by nginx
   */
  static Question of(int number, SplittableRandom random, int providerPort, boolean nginx) {
    Kind kind = KINDS.get(number % KINDS.size());
    boolean isKeyed = number / KINDS.size() % 2 == 0;
    int way = number / KINDS.size() / 2 % 4;
    Cut cut = way < 3 ? CUTS.get(way) : nginx ? null : CUTS.get(random.nextInt(3));
    String body = kind.body().formatted("Question " + number + ": who pays, and how often?");
    String forwarded = kind.isUnasked() ? "{" + ASKS + body.substring(1) : body;
    Attempt direct = Attempt.whole(providerPort, request(kind.path(), forwarded, CONTENT, ""));
    if (!direct.isWhole() || direct.status() != 200) {
      throw new IllegalStateException("The provider itself fails: " + direct.problem());
    }
    String whole = new String(direct.body(), StandardCharsets.ISO_8859_1);
    int events = whole.split("\n\n", -1).length - 1;
    String script = CONTENT + script(random, isKeyed, cut, events);
    String key = isKeyed ? "Idempotency-Key: question-" + number + "\r\n" : "";
    int bytes = isKeyed ? 400 + whole.length() : 200 + lastEventsAt(whole, events);
    return new Question(
        request(kind.path(), body, script, key),
        (kind.isUnasked() ? withoutUsage(whole) : whole).getBytes(StandardCharsets.ISO_8859_1),
        isKeyed,
        cut,
        random.nextInt(1, bytes));
  }

  private static String script(
      SplittableRandom random, boolean isKeyed, @Nullable Cut cut, int events) {
    if (cut == null) {
      return random.nextInt(8) == 0
          ? PACE + ";first=" + NGINX_GAP
          : PACE + ";gap=" + NGINX_GAP + "@" + random.nextInt(2, events + 1);
    }
    if (!isKeyed) {
      return PACE + ";gap=" + LAST_GAP + "@" + (events - LAST_EVENTS + 1);
    }
    // Some are whole at the provider before their client goes: those are replayed.
    return random.nextInt(4) == 0 ? "" : PACE;
  }

  private static int lastEventsAt(String whole, int events) {
    int at = 0;
    for (int i = 0; i < events - LAST_EVENTS; i++) {
      at = whole.indexOf("\n\n", at) + 2;
    }
    return at;
  }

  /** The gateway keeps the usage from a client that did not ask for it. */
  private static String withoutUsage(String body) {
    return body.replaceFirst("data: \\{[^\\n]*\"choices\":\\[\\][^\\n]*\\n\\n", "");
  }

  private static byte[] request(String path, String body, String script, String fields) {
    return ("POST "
            + path
            + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            + "Anthropic-Version: 2023-06-01\r\n"
            + fields
            + "x-script: "
            + script
            + "\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.US_ASCII);
  }
}

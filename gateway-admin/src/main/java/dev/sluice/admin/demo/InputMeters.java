package dev.sluice.admin.demo;

/**
 * The input of one answer in meters that do not overlap. All in tokens.
 *
 * @param cached read from the prompt cache
 * @param written5m written to it for five minutes
 * @param written30m written to it for half an hour
 * @param written1h written to it for an hour
 */
record InputMeters(long uncached, long cached, long written5m, long written30m, long written1h) {

  /** Divides all input as the script says, as far as the API has such meters. */
  static InputMeters of(Answer.Api api, long input, Script script) {
    long cached = hasCache(api) ? Math.min(input, script.cached()) : 0;
    long left = input - cached;
    long written = writes(api) ? Math.min(left, script.written()) : 0;
    long written1h = api == Answer.Api.MESSAGES ? Math.min(left - written, script.written1h()) : 0;
    boolean is5m = api == Answer.Api.MESSAGES;
    return new InputMeters(
        left - written - written1h, cached, is5m ? written : 0, is5m ? 0 : written, written1h);
  }

  private static boolean hasCache(Answer.Api api) {
    return writes(api) || api == Answer.Api.GEMINI;
  }

  private static boolean writes(Answer.Api api) {
    return switch (api) {
      case CHAT, RESPONSES, MESSAGES -> true;
      case EMBEDDINGS, OPENAI_OTHER, COUNT_TOKENS, GEMINI -> false;
    };
  }

  long all() {
    return uncached + cached + written5m + written30m + written1h;
  }
}

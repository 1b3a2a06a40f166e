package dev.sluice.billing.estimate;

/**
 * Tokens by bytes. English and code come to about four bytes a token with the public tokenizers
 * (o200k: 4.1 and 3.7 measured), and a request's JSON around the prompt adds a little. Stateless;
 * any thread.
 */
public final class TokenEstimator {

  private static final long BYTES_PER_TOKEN = 4;

  /**
   * Before the call.
   *
   * @param bodyBytes length of the request body
   * @param outputCap tokens the client allows as output, or -1 where it sets no cap
   */
  public Estimate before(long bodyBytes, long outputCap) {
    return new Estimate(tokens(bodyBytes), Math.max(0, outputCap), outputCap);
  }

  /**
   * After a call whose provider said nothing of usage.
   *
   * @param before the estimate made when it began
   * @param events events with content that came; providers send about one token in each
   * @param answerBytes bytes of an answer that was no event stream
   */
  public Estimate after(Estimate before, long events, long answerBytes) {
    return new Estimate(
        before.input(), events > 0 ? events : tokens(answerBytes), before.outputCap());
  }

  private static long tokens(long bytes) {
    return (bytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
  }
}

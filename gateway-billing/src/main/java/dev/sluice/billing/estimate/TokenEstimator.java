package dev.sluice.billing.estimate;

import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Tokens of a call before anyone has counted them: a fixed model of the body's bytes, times what
 * the provider's own counts have taught, plus images by their published formulas; and the output
 * that such calls have had. Any thread; never blocks.
 */
public final class TokenEstimator {

  private static final long BYTES_PER_TOKEN = 4;

  /** Longest body, in bytes, that is worth handing to {@link #refine}. */
  public static final int REFINE_BYTES_MAX = 256 * 1_024;

  private final OutputForecast forecast;
  private final Calibration calibration;
  private final @Nullable PublicTokenizer tokenizer;

  /** Learns, but never counts with a tokenizer and tells nobody of drift. */
  public TokenEstimator() {
    this(new OutputForecast(), null, InstantSource.system(), drift -> {});
  }

  /**
   * @param forecast of the output; learned from by whoever settles calls
   * @param counting where {@link #refine} counts, off the event loops; null: never
   * @param clock for the time of alarms
   * @param onDrift hears each alarm, on the thread that settled the call; must be quick
   */
  public TokenEstimator(
      OutputForecast forecast,
      @Nullable Executor counting,
      InstantSource clock,
      Consumer<DriftView> onDrift) {
    this.forecast = forecast;
    this.calibration = new Calibration(clock, onDrift);
    this.tokenizer = counting == null ? null : new PublicTokenizer(counting);
  }

  /** Before a call with a JSON body. */
  public Estimate before(EstimateAsk ask) {
    Content content = ask.content();
    double ratio = calibration.ratio(ask.provider(), ask.model(), content.contentClass());
    long media = media(content, ask.model());
    double input =
        isMostlyMedia(content)
            ? ratio * (content.baseTokens() + media)
            : ratio * content.baseTokens() + media;
    long cap = ask.outputCap();
    long output = forecast.quantile(ask.team(), ask.model());
    return new Estimate(Math.round(input), cap < 0 ? output : Math.min(output, cap), cap);
  }

  /**
   * Before a call whose body is no JSON (an upload of audio), by its length alone.
   *
   * @param bodyBytes length of the request body
   * @param outputCap tokens the client allows as output, or -1 where it sets no cap
   */
  public Estimate before(long bodyBytes, long outputCap) {
    return new Estimate(tokens(bodyBytes), Math.max(0, outputCap), outputCap);
  }

  /**
   * Whether {@link #refine} would help: nobody has counted for this model and kind of content yet,
   * its tokenizer is public, and the body is text of a bearable length. Cheap; asked on the loop,
   * before the body's bytes are copied for it.
   */
  public boolean wantsRefining(EstimateAsk ask) {
    Content content = ask.content();
    return tokenizer != null
        && !tokenizer.isBusy()
        && content.isText()
        && content.bytes() <= REFINE_BYTES_MAX
        && content.baseTokens() > 0
        && calibration.isCold(ask.provider(), ask.model(), content.contentClass())
        && PublicTokenizer.isKnown(ask.model());
  }

  /**
   * Counts a body with the public tokenizer, on the executor given to the constructor, and corrects
   * the estimates of its cell until the provider's counts do. Dropped where too many wait already.
   *
   * @param body the whole body; ownership passes, it must not change any more
   */
  public void refine(EstimateAsk ask, byte[] body) {
    Content content = ask.content();
    if (tokenizer == null || body.length > REFINE_BYTES_MAX || content.baseTokens() <= 0) {
      return;
    }
    ContentClass kind = content.contentClass();
    tokenizer.count(
        ask.model(),
        body,
        kind == ContentClass.TOOLS_JSON,
        tokens -> {
          if (tokens > 0) {
            calibration.counted(ask.provider(), ask.model(), kind, content.baseTokens(), tokens);
          }
        });
  }

  /**
   * Learns from a call whose input the provider counted. Not for anything else: what the gateway
   * counted itself teaches nothing.
   *
   * @param before what {@link #before(EstimateAsk)} said
   * @param actualInput all input tokens as billed, cached or not; nothing is learned from 0
   */
  public void settled(
      String provider, @Nullable String model, Content content, Estimate before, long actualInput) {
    long media = media(content, model);
    long base = content.baseTokens() + (isMostlyMedia(content) ? media : 0);
    long actual = actualInput - (isMostlyMedia(content) ? 0 : media);
    if (actualInput <= 0 || base <= 0 || actual <= 0) {
      return; // the pictures alone were thought to cost more: nothing is known of the text
    }
    double error = Math.log((double) actualInput / Math.max(1, before.input()));
    calibration.learn(provider, model, content.contentClass(), base, actual, error);
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

  /** All cells that have seen a call, for people and metrics. A copy; weakly consistent. */
  public List<DriftView> drift() {
    return calibration.views();
  }

  /** The ratio belongs to what dominates the body: there, to pictures and text together. */
  private static boolean isMostlyMedia(Content content) {
    return content.contentClass() == ContentClass.IMAGE
        || content.contentClass() == ContentClass.PDF;
  }

  private static long media(Content content, @Nullable String model) {
    if (content.isText()) {
      return 0;
    }
    ToLongFunction<ImageSize> formula = ImageTokens.of(model);
    long sum = ImageTokens.ofPdf(content.pdfBytes());
    for (ImageSize image : content.images()) {
      sum += formula.applyAsLong(image);
    }
    long others = content.imageCount() - content.images().size();
    return sum + others * formula.applyAsLong(ImageSize.UNKNOWN);
  }

  private static long tokens(long bytes) {
    return (bytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
  }
}

package dev.sluice.billing.estimate;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.EncodingType;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Counts texts with the tokenizers that OpenAI has published, on an executor of the caller's: a
 * vocabulary takes some 300 ms to load (at its first use), a hostile text of 256 KiB some 500 ms to
 * count. Any thread; never counts on the caller's.
 */
final class PublicTokenizer {

  /** Bodies that wait or are being counted; more are not taken. */
  static final int WAITING_MAX = 4;

  /** Each message and the request around them: OpenAI's cookbook, "How to count tokens". */
  private static final int MESSAGE_TOKENS = 4;

  /**
   * As tiktoken's model.py has them, and what came after. The library's own table knows nothing
   * newer than July 2024, and takes gpt-4.1-mini for a gpt-4.
   */
  private static final Pattern O200K =
      Pattern.compile("gpt-4o.*|chatgpt-4o.*|gpt-4\\.[15].*|gpt-[5-9].*|gpt-oss.*|o[1-9](-.*)?");

  private static final Pattern CL100K =
      Pattern.compile("gpt-4(-.*)?|gpt-3\\.5.*|gpt-35.*|text-embedding-(3|ada-002).*");

  private final Executor executor;
  private final AtomicInteger waiting = new AtomicInteger();

  PublicTokenizer(Executor executor) {
    this.executor = executor;
  }

  /**
   * Whether this model's tokenizer is public. A vendor's prefix, as in openai/gpt-4o, is no matter.
   */
  static boolean isKnown(@Nullable String model) {
    return encoding(model) != null;
  }

  static @Nullable EncodingType encoding(@Nullable String model) {
    if (model == null) {
      return null;
    }
    String name = model.substring(model.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    if (O200K.matcher(name).matches()) {
      return EncodingType.O200K_BASE;
    }
    return CL100K.matcher(name).matches() ? EncodingType.CL100K_BASE : null;
  }

  boolean isBusy() {
    return waiting.get() >= WAITING_MAX;
  }

  /**
   * Counts a request's body.
   *
   * @param body JSON; ownership passes
   * @param isData whether its keys are part of what the model reads, as with tool definitions
   * @param then hears the count, on the executor; not called where too many wait already
   */
  void count(@Nullable String model, byte[] body, boolean isData, LongConsumer then) {
    EncodingType type = encoding(model);
    if (type == null || waiting.getAndIncrement() >= WAITING_MAX) {
      if (type != null) {
        waiting.getAndDecrement();
      }
      return;
    }
    try {
      executor.execute(
          () -> {
            try {
              then.accept(count(Vocabularies.REGISTRY.getEncoding(type), body, isData));
            } finally {
              waiting.getAndDecrement();
            }
          });
    } catch (RejectedExecutionException busy) {
      waiting.getAndDecrement(); // the estimate stays as it was
    }
  }

  private static long count(Encoding encoding, byte[] body, boolean isData) {
    if (isData) {
      return encoding.countTokensOrdinary(new String(body, StandardCharsets.UTF_8));
    }
    JsonTexts texts = JsonTexts.of(body);
    return encoding.countTokensOrdinary(texts.text()) + (long) MESSAGE_TOKENS * texts.messages();
  }

  /** Loaded when first asked for, on the executor. */
  private static final class Vocabularies {
    static final EncodingRegistry REGISTRY = Encodings.newLazyEncodingRegistry();
  }
}

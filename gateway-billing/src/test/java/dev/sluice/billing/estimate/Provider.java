package dev.sluice.billing.estimate;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;

/** Counts with the public tokenizer, as a provider would. */
final class Provider {

  private static final Encoding O200K =
      Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.O200K_BASE);

  private Provider() {}

  static long count(String text) {
    return O200K.countTokensOrdinary(text);
  }
}

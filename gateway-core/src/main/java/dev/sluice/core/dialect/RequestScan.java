package dev.sluice.core.dialect;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Bounded streaming JSON scan of one request body, fed as bytes arrive. No tree. */
public final class RequestScan {

  /**
   * Looks at the next bytes of the body; indices do not change.
   *
   * @return what is wrong with the body, or null so far; after a refusal further bytes are ignored
   */
  public @Nullable Refusal scan(ByteBuf bytes) {
    throw new UnsupportedOperationException();
  }

  /** The body is whole: what is wrong with it (truncated, empty), or null. */
  public @Nullable Refusal finish() {
    throw new UnsupportedOperationException();
  }

  /** What was found; meaningful after {@link #finish} returned null. */
  public RequestFacts facts() {
    throw new UnsupportedOperationException();
  }
}

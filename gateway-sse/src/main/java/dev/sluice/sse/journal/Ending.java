package dev.sluice.sse.journal;

import org.jspecify.annotations.Nullable;

/** How an answer ended. Closed, because every reader must decide about each of them. */
public sealed interface Ending {

  /** The provider's answer is whole. The body ends as HTTP ends it. */
  record Complete() implements Ending {}

  /**
   * The provider failed, and that is told whole inside a body whose head had already been sent.
   * After the notice the body ends as HTTP ends it.
   *
   * @param code stable reason, lower snake case
   * @param notice one complete event in the dialect's own error form; not to be modified
   */
  record Failed(String code, byte[] notice) implements Ending {}

  /**
   * The body broke off. It is never ended as if it were whole: the connection is closed without the
   * last chunk, because SDKs take a clean end for a complete answer.
   *
   * @param code stable reason, lower snake case
   * @param notice one complete event in the dialect's own error form, written before the cut only
   *     where the event boundary is known; null where the body has no form for it
   */
  record Cut(String code, byte @Nullable [] notice) implements Ending {}
}

package dev.sluice.admin.demo;

/** One step of a played answer. Immutable; plans are shared between connections. */
sealed interface Step {
  /** The head; the number of the request is put between the two halves. */
  record Head(byte[] before, byte[] after) implements Step {}

  /** Bytes for the wire; from then on {@code output} tokens have been produced. */
  record Write(byte[] wire, int output) implements Step {}

  /** The same bytes many times over. */
  record Repeat(byte[] wire, int times) implements Step {}

  record Flush() implements Step {}

  /** Flushes, and lets other connections have their turn. */
  record Yield() implements Step {}

  /** Flushes, and waits. */
  record Wait(long nanos) implements Step {}

  /** The call goes into the books: before the peer can know that it is over. */
  record Settle() implements Step {}

  record Reset() implements Step {}

  record Close() implements Step {}

  /** Nothing more is written, and the connection stays open. */
  record Hang() implements Step {}
}

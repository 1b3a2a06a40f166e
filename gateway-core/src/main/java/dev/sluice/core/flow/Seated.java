package dev.sluice.core.flow;

import dev.sluice.core.dialect.Refusal;

/** What became of a client that wants to read a paid call. */
sealed interface Seated {

  /** It reads, or has read. */
  record Reading() implements Seated {}

  /** The call was forgotten on the way to it: whoever asked claims again. */
  record Gone() implements Seated {}

  /** There is nothing that it has not got. */
  record NothingLeft() implements Seated {}

  record Refused(Refusal refusal) implements Seated {}
}

package dev.sluice.core.prefix;

/** What a call is to do about the prompt cache. */
public sealed interface Turn {

  /** Go on. */
  record Go() implements Turn {}
}

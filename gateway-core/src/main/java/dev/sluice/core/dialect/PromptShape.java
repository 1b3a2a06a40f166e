package dev.sluice.core.dialect;

/** In which of the known ways a body holds a prompt that its provider caches. */
enum PromptShape {
  /** Entries end at {@code cache_control} markers, and nowhere else. */
  ANTHROPIC,
  /** What all calls of an application begin with is found again; markers are possible. */
  OPENAI,
  /** What all calls of an application begin with is found again, or a cache is named. */
  GEMINI
}

package dev.sluice.core.dialect;

/** To be written. */
abstract non-sealed class AnthropicMessages implements Dialect {}

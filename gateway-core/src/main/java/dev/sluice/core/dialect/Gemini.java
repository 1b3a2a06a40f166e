package dev.sluice.core.dialect;

/** To be written. */
abstract non-sealed class Gemini implements Dialect {}

package dev.sluice.core.identity;

/** Where calls without an id stand in the index. */
record Question(CallScope scope, Fingerprint fingerprint) {}

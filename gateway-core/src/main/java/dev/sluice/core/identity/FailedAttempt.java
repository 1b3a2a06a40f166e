package dev.sluice.core.identity;

/** That a call without an id failed before it was paid for: its retry is a real one. */
final class FailedAttempt {

  final Question question;
  final long atNanos;

  /** Of the index's work on the question's key. */
  boolean isTaken;

  FailedAttempt(Question question, long atNanos) {
    this.question = question;
    this.atNanos = atNanos;
  }
}

package dev.sluice.it.prove;

/** One promise of the README, played against the built program as separate processes. */
interface Promise {

  /** As on the command line. */
  String name();

  /**
   * Plays it.
   *
   * @return whether it held; figures are put into {@code figures}, also of a promise that was
   *     broken
   */
  boolean play(Ground ground, Figures figures) throws Exception;
}

package dev.sluice.billing.team;

/**
 * The directory that holds now. Any thread; whoever needs two answers that belong together asks
 * once and keeps the snapshot.
 */
public final class Teams {

  private volatile TeamDirectory directory;

  public Teams(TeamDirectory directory) {
    this.directory = directory;
  }

  public TeamDirectory now() {
    return directory;
  }

  /** Another directory, from the next look-up of any thread on. */
  public void replace(TeamDirectory changed) {
    directory = changed;
  }
}

package dev.sluice.billing.admission;

/** Which limit said no. Closed; the label is what clients and metrics see. */
public enum Limit {
  /** The team's own ceiling. */
  TEAM_CEILING("team-ceiling"),
  /** The pool: what is ahead and the call itself take longer than the team's max-wait. */
  POOL("pool"),
  /** As many calls of the team wait as may. */
  QUEUE_FULL("queue-full"),
  /** It has waited for the team's max-wait. */
  MAX_WAIT("max-wait"),
  /** The provider told the gateway to be quiet for longer than the team's max-wait. */
  PROVIDER_PAUSED("provider-paused");

  private final String label;

  Limit(String label) {
    this.label = label;
  }

  public String label() {
    return label;
  }
}

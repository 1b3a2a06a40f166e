package dev.sluice.billing.account;

/** Why a change was not made. */
public enum Reason {
  NO_SUCH_TEAM,
  NO_SUCH_KEY,
  NO_SUCH_POOL,
  NO_SUCH_QUOTA,
  NO_SUCH_BUDGET,
  NO_SUCH_PREFIX,
  /** Only the configuration file can change it. */
  SET_IN_FILE,
  /** It is not as whoever asks has seen it. */
  CHANGED_MEANWHILE,
  /** It was to be made, and is there. */
  ALREADY_EXISTS,
  IMPOSSIBLE_QUOTA,
  /** A budget is for a key that is not one of the team's. */
  NOT_THE_TEAMS_KEY,
  /** It opens nothing, so it has no successor. */
  KEY_NOT_ACTIVE,
  /** It has a successor already, which is good. */
  ALREADY_ROTATED,
  /** This request has issued a key already, which is not shown again. */
  ALREADY_ISSUED,
  /** The id of a request that asked for something else. */
  REQUEST_ID_REUSED,
  /** There are as many as there may be. */
  TOO_MANY,
  /** Nothing can be changed now; later perhaps. */
  STORE_UNAVAILABLE
}

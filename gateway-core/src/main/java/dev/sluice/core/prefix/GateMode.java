package dev.sluice.core.prefix;

/** What the gate does about a prefix. */
public enum GateMode {
  /** Nothing. */
  OFF,
  /** Believes, counts and prices; lets everybody pass. */
  OBSERVE,
  /** One writes, the others wait for it. */
  ON
}

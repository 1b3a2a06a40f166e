package dev.sluice.billing.admission;

/** The answer to "may this call go now?". Closed: a new answer shows every place that decides. */
public sealed interface Decision {

  /** It may; its tokens are reserved until the reservation is settled. */
  record Admitted(Reservation reservation) implements Decision {}
}

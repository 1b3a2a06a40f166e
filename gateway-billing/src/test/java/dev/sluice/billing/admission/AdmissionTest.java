package dev.sluice.billing.admission;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.usage.Usage;
import org.junit.jupiter.api.Test;

class AdmissionTest {

  @Test
  void aReservationSettlesOnce() {
    Reservation reservation = Admission.unlimited(new Estimate(1, 1, -1));
    reservation.settle(Usage.NONE);
    assertThatThrownBy(() -> reservation.settle(Usage.NONE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("settled twice");
  }
}

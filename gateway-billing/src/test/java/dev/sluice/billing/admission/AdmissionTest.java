package dev.sluice.billing.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.billing.estimate.Estimate;
import dev.sluice.billing.usage.Usage;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdmissionTest {

  @Test
  void whatIsReservedIsGivenBackWhenItIsSettled() {
    Admission admission = new Admission();
    Reservation first = admitted(admission, new Estimate(100, 20, -1));
    Reservation second = admitted(admission, new Estimate(7, 0, -1));
    assertThat(admission.reservedTokens()).isEqualTo(127);
    first.settle(Usage.NONE);
    assertThat(admission.reservedTokens()).isEqualTo(7);
    second.settle(Usage.NONE);
    assertThat(admission.reservedTokens()).isZero();
  }

  @Test
  void aReservationSettlesOnce() {
    Admission admission = new Admission();
    Reservation reservation = admitted(admission, new Estimate(1, 1, -1));
    reservation.settle(Usage.NONE);
    assertThatThrownBy(() -> reservation.settle(Usage.NONE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("settled twice");
    assertThat(admission.reservedTokens()).isZero();
  }

  private static Reservation admitted(Admission admission, Estimate estimate) {
    List<Reservation> admitted = new ArrayList<>();
    admission.ask(
        estimate,
        decision -> {
          switch (decision) {
            case Decision.Admitted(var reservation) -> admitted.add(reservation);
          }
        });
    assertThat(admitted).as("answered at once").hasSize(1);
    return admitted.getFirst();
  }
}

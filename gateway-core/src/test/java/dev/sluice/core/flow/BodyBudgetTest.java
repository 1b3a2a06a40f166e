package dev.sluice.core.flow;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BodyBudgetTest {

  @Test
  void whatDoesNotFitTakesNothing() {
    BodyBudget bodies = new BodyBudget(10);
    assertThat(bodies.tryTake(10)).isTrue();
    assertThat(bodies.tryTake(1)).isFalse();
    assertThat(bodies.heldBytes()).isEqualTo(10);
    bodies.giveBack(4);
    assertThat(bodies.tryTake(4)).isTrue();
    assertThat(bodies.tryTake(1)).isFalse();
    bodies.giveBack(10);
    assertThat(bodies.heldBytes()).isZero();
  }
}

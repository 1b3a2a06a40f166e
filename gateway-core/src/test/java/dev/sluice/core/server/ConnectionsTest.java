package dev.sluice.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConnectionsTest {

  @Test
  void noneIsAdmittedBeyondTheBoundOrWhileDraining() {
    Connections connections = new Connections(2);
    assertThat(connections.admit()).isTrue();
    assertThat(connections.admit()).isTrue();
    assertThat(connections.admit()).isFalse();
    assertThat(connections.open()).isEqualTo(2);
    assertThat(connections.turnedAway()).isEqualTo(1);

    assertThat(connections.drain()).isNotDone();
    assertThat(connections.admit()).isFalse();
    assertThat(connections.open()).isEqualTo(2);
    assertThat(connections.turnedAway()).isEqualTo(2);
  }

  @Test
  void withoutConnectionsDrainingIsDoneAtOnce() {
    Connections connections = new Connections(2);
    assertThat(connections.drain().join()).isZero();
    assertThat(connections.admit()).isFalse();
  }
}

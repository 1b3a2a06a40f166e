package dev.sluice.billing.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class FreeSlotsTest {

  @Test
  void theOneUsedLastIsUsedNextAndNoneIsGivenTwice() {
    FreeSlots free = new FreeSlots(3);
    assertThat(free.take()).isEqualTo(-1);
    free.give(2);
    free.give(0);
    assertThat(free.size()).isEqualTo(2);
    assertThat(free.take()).isZero();
    assertThat(free.take()).isEqualTo(2);
    assertThat(free.take()).isEqualTo(-1);
    free.give(1);
    assertThat(free.take()).isEqualTo(1);
  }

  @Test
  void aSlotThatWasAwayAndIsBackIsNotMistakenForNeverHavingBeenAway() {
    FreeSlots free = new FreeSlots(2);
    free.give(1);
    free.give(0);
    long before = free.seen();
    assertThat(free.take()).isZero();
    assertThat(free.take()).isEqualTo(1);
    free.give(0);
    assertThat((int) free.seen()).as("the same on top").isEqualTo((int) before);
    assertThat(free.seen()).isNotEqualTo(before);
  }

  /** Few slots and many threads, so that a slot is often away and back between two looks at it. */
  @Test
  void aSlotHasOneOwnerAtATimeHoweverManyTakeAndGive() throws InterruptedException {
    int slots = 4;
    int threads = 6;
    FreeSlots free = new FreeSlots(slots);
    for (int slot = 0; slot < slots; slot++) {
      free.give(slot);
    }
    AtomicIntegerArray owners = new AtomicIntegerArray(slots);
    AtomicInteger doubled = new AtomicInteger();
    CountDownLatch start = new CountDownLatch(1);
    Thread[] all = new Thread[threads];
    for (int i = 0; i < threads; i++) {
      all[i] =
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int n = 0; n < 300_000; n++) {
                      int first = free.take();
                      int second = free.take();
                      for (int slot : new int[] {first, second}) {
                        if (slot >= 0) {
                          if (owners.incrementAndGet(slot) != 1) {
                            doubled.incrementAndGet();
                          }
                          owners.decrementAndGet(slot);
                          free.give(slot);
                        }
                      }
                    }
                  });
    }
    start.countDown();
    for (Thread thread : all) {
      thread.join();
    }
    assertThat(doubled).hasValue(0);
    assertThat(free.size()).isEqualTo(slots);
    for (int slot = 0; slot < slots; slot++) {
      assertThat(free.take()).isNotNegative();
    }
    assertThat(free.take()).isEqualTo(-1);
  }
}

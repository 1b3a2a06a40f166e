package dev.sluice.it.paidonce;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Team;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Goal: thousands of streams that are left and come back leave nothing behind. Method: memory,
 * threads, descriptors and gauges before and after; every answer is looked at, every call counted.
 * {@code -Dsluice.flood=50000} plays the long form.
 */
@ExtendWith(NoLeaks.class)
class AbortFloodIT {

  private static final int STREAMS = Integer.getInteger("sluice.flood", 3_000);
  private static final int WARM_UP = 200;
  private static final int AT_ONCE = 200;
  private static final String SCRIPT = "events=6;size=6;echo;gap=";

  // Only an answer whose end has not been delivered is adopted, however late its client leaves.
  private static final String UNNAMED_GAP = "2s@6";
  private static final String NAMED_GAP = "50ms@6";

  private static final String YAML =
      GatewayUnderTest.QUICK
              .replace("idle-limit: 1500ms", "idle-limit: 20s")
              .replace("first-byte-timeout: 2s", "first-byte-timeout: 20s")
              .replace("streams: {", "streams: {resume: {window: 5s}, ")
              .replace("limits: {", "limits: {client-idle: 8s, ")
              .replace("head-time: 1s", "head-time: 20s")
              .replace("write-stall: 2s", "write-stall: 20s")
              .replace("connect-timeout: 1s}", "connect-timeout: 20s, idle: 1s, connections: 4000}")
          + "dedupe: {adopt-window: 5s}\n";

  /** What must be as it was. */
  private record Footprint(double direct, int threads, long descriptors) {}

  @Test
  void thousandsOfStreamsThatAreLeftAndResumedLeaveNothingBehind() throws Exception {
    try (Counted provider = new Counted();
        GatewayUnderTest gateway = GatewayUnderTest.start(provider.baseUrl(), YAML)) {
      AdminPort admin = AdminPort.of(gateway);
      flood(gateway, WARM_UP, 50);
      Footprint before = quiet(admin);
      provider.forget();
      flood(gateway, STREAMS, AT_ONCE);
      assertThat(provider.calls()).isEqualTo(STREAMS);
      Footprint after = quiet(admin);
      // Two chunks of the allocator may have come and stayed, however many streams there were; each
      // left behind 4 KiB at least while its answer was held.
      assertThat(after.direct() - before.direct()).isLessThanOrEqualTo(8 << 20);
      assertThat(after.threads()).isLessThanOrEqualTo(before.threads() + 2);
      assertThat(after.descriptors()).isLessThanOrEqualTo(before.descriptors() + 4);
    }
  }

  private static void flood(GatewayUnderTest gateway, int count, int atOnce) throws Exception {
    Team team = Team.of(gateway);
    Semaphore places = new Semaphore(atOnce);
    List<Future<?>> done = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < count; i++) {
        int number = i;
        places.acquire();
        done.add(
            clients.submit(
                () -> {
                  try {
                    leaveAndComeBack(team, number);
                  } finally {
                    places.release();
                  }
                  return null;
                }));
      }
    }
    for (Future<?> each : done) {
      each.get();
    }
  }

  private static void leaveAndComeBack(Team team, int number) throws IOException {
    Bodies.Stream asked = Team.fresh(Bodies.STREAMS.get(number % Bodies.STREAMS.size()));
    boolean isNamed = number % 16 < 12;
    String[] id = isNamed ? new String[] {Team.freshId()} : new String[0];
    String script = SCRIPT + (isNamed ? NAMED_GAP : UNNAMED_GAP);
    leave(team, asked, script, id, number);
    long left = System.nanoTime();
    RawAnswer answer = team.ask(asked, "events=1", id);
    long millis = (System.nanoTime() - left) / 1_000_000;
    assertThat(answer.end())
        .as("%d, after %d ms: %s", number, millis, answer)
        .isEqualTo(RawAnswer.End.WHOLE);
    assertThat(answer.field("Sluice-Replay"))
        .as("%d, after %d ms: %s", number, millis, answer)
        .isNotEqualTo("live");
    assertThat(answer.body()).contains("w5 ");
  }

  /** Leaves in the middle of an answer. */
  private static void leave(Team team, Bodies.Stream asked, String script, String[] id, int number)
      throws IOException {
    try (RawClient gone = team.open(asked, script, id)) {
      gone.await("w0 ");
      if (number % 3 == 0) {
        gone.reset();
      } else if (number % 3 == 1) {
        gone.finish();
      }
    }
  }

  /** When every call has ended, every answer has been let go, and no connection is open. */
  private static Footprint quiet(AdminPort admin) throws IOException {
    Awaitility.await()
        .atMost(Duration.ofSeconds(40))
        .untilAsserted(
            () -> {
              assertThat(admin.metric("sluice_active_calls")).isZero();
              assertThat(admin.metric("sluice_journal_bytes")).isZero();
              assertThat(admin.metric("sluice_held_answers")).isZero();
              assertThat(admin.metric("sluice_client_connections")).isZero();
              assertThat(admin.metric("sluice_upstream_connections")).isZero();
              assertThat(admin.metric("sluice_bodies_held_bytes")).isZero();
            });
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return new Footprint(
          admin.metric("sluice_allocator_used_bytes", "kind=\"direct\""),
          ManagementFactory.getThreadMXBean().getThreadCount(),
          descriptors.count());
    }
  }
}

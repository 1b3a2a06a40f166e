package dev.sluice.billing.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.ledger.LedgerSettings.Durability;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A process that writes calls is killed in the middle, time and again in one directory, also while
 * it recovers from the time before. {@code -Dkills=100} for more of it.
 */
class KilledLedgerIT {

  private static final int KILLS = Integer.getInteger("kills", 5);

  @TempDir Path directory;
  private final long seed = Long.getLong("seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);
  private final Set<String> intended = new HashSet<>();
  private final Set<String> settled = new HashSet<>();

  @ParameterizedTest
  @EnumSource
  @Timeout(60 + 10 * 100)
  void whatWasAcknowledgedIsThereOnceAndExactly(Durability durability) throws Exception {
    for (int kill = 0; kill < KILLS; kill++) {
      run(durability, kill);
      if (random.nextInt(3) == 0) {
        check(durability);
      }
    }
    check(durability);
    assertThat(settled).as("there was something to be killed").hasSizeGreaterThan(100);
  }

  private void run(Durability durability, int number) throws Exception {
    Process child =
        LedgerChild.start("write", directory.toString(), durability.name(), "run" + number);
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      long moment = 1 + random.nextLong(TimeUnit.MILLISECONDS.toNanos(500));
      Thread killer = null;
      if (random.nextInt(5) == 0) {
        // Perhaps while it opens, and recovers.
        killer = killAfter(child, moment + TimeUnit.MILLISECONDS.toNanos(200));
      }
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (killer == null && line.startsWith("I ")) {
          killer = killAfter(child, moment);
        }
        hear(line);
      }
      assertThat(child.waitFor()).as("killed, seed %s", seed).isEqualTo(137);
      if (random.nextBoolean() && !intended.isEmpty()) {
        // Whoever asks while no gateway runs gets an answer, and leaves all to the next one.
        Ledgers.all(LedgerQueries.in(directory));
      }
    } finally {
      child.destroyForcibly();
    }
  }

  private static Thread killAfter(Process child, long nanos) {
    return Thread.ofPlatform()
        .start(
            () -> {
              long until = System.nanoTime() + nanos;
              while (System.nanoTime() - until < 0) {
                Thread.onSpinWait();
              }
              child.toHandle().destroyForcibly(); // Process.destroyForcibly closes the pipe as well
            });
  }

  private void hear(String line) {
    String rest = line.length() > 2 ? line.substring(2) : "";
    if (line.startsWith("I ")) {
      intended.add(rest);
    } else if (line.startsWith("S ")) {
      settled.add(rest);
    } else if (!line.contains("the last, which may just have been written")) {
      assertThat(line).as("seed %s", seed).startsWith("L An earlier run ended");
      assertThat(line).as("seed %s", seed).contains(" 0 cannot be read");
    }
  }

  private void check(Durability durability) {
    List<String> said = new ArrayList<>();
    try (Ledger ledger =
        Ledger.open(
            LedgerChild.settings(directory, durability),
            InstantSource.system(),
            System::nanoTime,
            (level, message) -> said.add(message))) {
      Map<String, CallRecord> found = new HashMap<>();
      long tokens = 0;
      for (LedgerRow row : Ledgers.all(ledger.queries())) {
        CallRecord call = row.call();
        tokens += call.usage().input() + call.usage().output();
        assertThat(found.put(call.callId(), call)).as("twice: %s", call).isNull();
        assertThat(call)
            .as("seed %s", seed)
            .isIn(
                LedgerChild.settled(call.callId()),
                Recovery.lost(LedgerChild.intent(call.callId())));
      }
      assertThat(found.keySet()).as("seed %s", seed).containsAll(intended);
      for (String callId : settled) {
        assertThat(found.get(callId)).as("seed %s", seed).isEqualTo(LedgerChild.settled(callId));
      }
      UsageSums hours =
          ledger
              .queries()
              .usage(
                  new UsageQuery(
                      Instant.EPOCH, Instant.parse("2100-01-01T00:00:00Z"), List.of(), Map.of()))
              .rows()
              .getFirst()
              .sums();
      assertThat(hours.calls()).as("seed %s", seed).isEqualTo(found.size());
      assertThat(hours.usage().input() + hours.usage().output()).isEqualTo(tokens);
      assertThat(ledger.state().slotsTaken()).isZero();
    }
    said.forEach(line -> hear("L " + line));
  }
}

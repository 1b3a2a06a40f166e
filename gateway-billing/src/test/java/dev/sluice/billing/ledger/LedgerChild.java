package dev.sluice.billing.ledger;

import dev.sluice.billing.ledger.LedgerSettings.Durability;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/** A process that is there to be killed. Says on its standard output what it has been promised. */
final class LedgerChild {

  private static final int LOOPS = 3;

  private LedgerChild() {}

  public static void main(String[] args) throws Exception {
    Ledger ledger =
        Ledger.open(
            settings(Path.of(args[1]), Durability.valueOf(args[2])),
            InstantSource.system(),
            System::nanoTime,
            (level, message) -> say("L " + message));
    if (args[0].equals("hold")) {
      say("held");
      new CountDownLatch(1).await();
    }
    for (int loop = 0; loop < LOOPS; loop++) {
      String name = args[3] + "." + loop;
      Thread.ofPlatform().start(() -> work(ledger, name));
    }
  }

  static LedgerSettings settings(Path directory, Durability durability) {
    return new LedgerSettings(directory, durability, 8_192, Duration.ofDays(36_000), 1_000_000);
  }

  /** A line is written whole: it is shorter than a pipe's buffer. */
  private static void say(String line) {
    byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
    System.out.write(bytes, 0, bytes.length);
    if (System.out.checkError()) {
      Runtime.getRuntime().halt(1); // whoever was to kill it has died first
    }
  }

  static Intent intent(String callId) {
    return calls(callId).intent(callId);
  }

  static CallRecord settled(String callId) {
    RandomCalls calls = calls(callId);
    return calls.settled(calls.intent(callId));
  }

  private static RandomCalls calls(String callId) {
    return new RandomCalls(new SplittableRandom(callId.hashCode()), 86_400_000);
  }

  private record Begun(String callId, OpenCall call) {}

  /** Keeps some calls open, and settles them in their order. */
  private static void work(Ledger ledger, String name) {
    ArrayDeque<Begun> open = new ArrayDeque<>();
    SplittableRandom random = new SplittableRandom(name.hashCode());
    for (long n = 0; ; n++) {
      LockSupport.parkNanos(50_000); // some thousand calls a second are enough to be checked
      String callId = name + "." + n;
      CountDownLatch mayGo = new CountDownLatch(1);
      OpenCall call = ledger.intend(intent(callId), Runnable::run, told -> mayGo.countDown());
      try {
        mayGo.await();
      } catch (InterruptedException e) {
        return;
      }
      say("I " + callId);
      open.add(new Begun(callId, call));
      while (open.size() > 1 + random.nextInt(20)) {
        Begun first = open.remove();
        first.call.settled(settled(first.callId));
        say("S " + first.callId);
      }
      if (ledger.state().intentsSkipped() > 0) {
        say("X a slot was missing");
      }
    }
  }

  /** Starts one; what it says is on its standard output. */
  static Process start(String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-ea",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            LedgerChild.class.getName()));
    command.addAll(List.of(args));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }
}

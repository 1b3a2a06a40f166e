package dev.sluice.it.prove;

import dev.sluice.it.load.Attempt;
import dev.sluice.it.load.LongPrompt;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Leaders that come to grief while others wait for them: again and again, a first call with a cold
 * prefix, a few dozen milliseconds later the same by others, and then the first one's client goes
 * away, or its provider breaks off or refuses, before, at or after the first byte of its answer.
 * The provider must have a prompt cache; how often each prefix was written is in its books.
 *
 * @param port of the gateway
 * @param path of Anthropic's messages there
 * @param fields of each request, each {@code Name: value}
 * @param followers for each leader
 */
public record LeaderKills(int port, String path, List<String> fields, int followers) {

  private static final int PROMPT_BYTES = 24_000;
  private static final int FIRST_MILLIS = 250;
  private static final int AT_ONCE = 4;
  private static final String ANSWER = "cache;events=4;echo;read=20ms;first=";

  /**
   * What became of them.
   *
   * @param kills leaders that were killed
   * @param failed followers without a whole answer of status 200
   * @param problems what the first of them saw
   */
  public record Told(int kills, int failed, List<String> problems) {}

  /** Kills so many leaders; the same seed kills them in the same ways. */
  public Told play(int kills, long seed) throws InterruptedException, ExecutionException {
    SplittableRandom random = new SplittableRandom(seed);
    Semaphore places = new Semaphore(AT_ONCE);
    List<Future<List<String>>> told = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < kills; i++) {
        LongPrompt prompt = new LongPrompt("killer " + seed + " number " + i, PROMPT_BYTES);
        SplittableRandom own = random.split();
        places.acquire();
        told.add(
            clients.submit(
                () -> {
                  try {
                    return kill(prompt, own, clients);
                  } finally {
                    places.release();
                  }
                }));
      }
      // Before the clients' executor closes: those who kill ask it for more.
      for (Future<List<String>> each : told) {
        problems.addAll(each.get());
      }
    }
    return new Told(kills, problems.size(), problems.stream().limit(5).toList());
  }

  /** What went wrong for followers. */
  private List<String> kill(LongPrompt prompt, SplittableRandom random, ExecutorService clients)
      throws InterruptedException, ExecutionException {
    String[] all = fields.toArray(String[]::new);
    boolean byClient = random.nextBoolean();
    String fault = byClient ? "" : fault(random);
    byte[] first = prompt.request(path, 0, ANSWER + FIRST_MILLIS + "ms" + fault, all);
    Future<?> leader =
        clients.submit(
            () -> {
              if (byClient) {
                leave(first, random.nextInt(30, 2 * FIRST_MILLIS), random.nextBoolean());
              } else {
                var _ = Attempt.whole(port, first);
              }
              return null;
            });
    TimeUnit.MILLISECONDS.sleep(25); // so that it leads, mostly: the promise holds whoever does
    List<Future<Attempt>> waiting = new ArrayList<>();
    for (int i = 1; i <= followers; i++) {
      byte[] request = prompt.request(path, i, ANSWER + FIRST_MILLIS + "ms", all);
      waiting.add(clients.submit(() -> Attempt.whole(port, request)));
    }
    List<String> problems = new ArrayList<>();
    for (Future<Attempt> each : waiting) {
      Attempt attempt = each.get();
      if (attempt.status() != 200 || !attempt.isWhole()) {
        problems.add(
            (byClient ? "client left" : fault)
                + ": status "
                + attempt.status()
                + ", Sluice-Cache "
                + attempt.field("Sluice-Cache")
                + ", "
                + attempt.problem());
      }
    }
    leader.get();
    return problems;
  }

  private static String fault(SplittableRandom random) {
    return switch (random.nextInt(8)) {
      case 0 -> ";at=head:reset";
      case 1 -> ";at=head:close";
      case 2 -> ";at=head:status:529";
      case 3 -> ";at=head:status:429";
      case 4 -> ";at=body:reset";
      case 5 -> ";at=inside@1:reset";
      case 6 -> ";at=between@1:reset";
      default -> ";at=inside@3:close";
    };
  }

  /** A client that goes away after so long, whatever it was told by then. */
  private void leave(byte[] request, int afterMillis, boolean byReset)
      throws IOException, InterruptedException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      socket.getOutputStream().write(request);
      TimeUnit.MILLISECONDS.sleep(afterMillis);
      if (byReset) {
        socket.setSoLinger(true, 0);
      }
    }
  }
}

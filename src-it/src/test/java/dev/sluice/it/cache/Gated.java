package dev.sluice.it.cache;

import dev.sluice.admin.demo.CacheBook;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.load.Attempt;
import dev.sluice.it.load.LongPrompt;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Configurations with the prompt-cache gate, and clients that start on one prompt together. */
final class Gated {

  /** Long enough for any model that caches at all. */
  static final int PROMPT_BYTES = 24_000;

  /** A prompt that is read whole takes its time; one from the cache does not. */
  static final String SLOW = "cache;first=700ms;read=20ms;events=4;echo";

  /** As the provider is asked by the gateway. */
  static final String PROVIDER_KEY = "x-api-key: provider-secret";

  private Gated() {}

  /** Heads come with the answers: no keep-alive is due before. */
  static String yaml(String gate, String maxWait) {
    return yaml(gate, maxWait, "20s");
  }

  /**
   * A whole configuration.
   *
   * @param keepAlive its interval, and when the first is due
   */
  static String yaml(String gate, String maxWait, String keepAlive) {
    return """
    listen: {address: 127.0.0.1, port: 0, event-loops: 2}
    admin: {port: 0}
    log: {calls: false}
    limits: {drain: 1s}
    streams: {keep-alive: {interval: %3$s, first-byte-after: %3$s}}
    prompt-cache: {gate: %1$s, max-wait: %2$s}
    teams:
      testers: {keys: ["${KEY_HASH}"]}
      others: {keys: ["${OTHER_HASH}"]}
    providers:
      scripted: {base-url: "${PROVIDER}", key: provider-secret, connections: 512, queue: 512}
      second: {base-url: "${PROVIDER}", key: other-secret, connections: 512, queue: 512}
    routes:
      anthropic: {api: anthropic, provider: scripted}
      openai: {api: openai, provider: scripted}
      second: {api: anthropic, provider: second, prefix: /second}
    """
        .formatted(gate, maxWait, keepAlive);
  }

  static LongPrompt prompt(String name) {
    return new LongPrompt(name, PROMPT_BYTES);
  }

  static String key(GatewayUnderTest gateway) {
    return "x-api-key: " + gateway.key();
  }

  static byte[] request(GatewayUnderTest gateway, LongPrompt prompt, int question, String script) {
    return prompt.request(LongPrompt.PATH, question, script, key(gateway));
  }

  /** Clients with the questions 0 to {@code count - 1}, all at the same time; their answers. */
  static List<Attempt> ask(GatewayUnderTest gateway, LongPrompt prompt, int count, String script)
      throws InterruptedException, ExecutionException {
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      requests.add(request(gateway, prompt, i, script));
    }
    return ask(gateway, requests);
  }

  static List<Attempt> ask(GatewayUnderTest gateway, List<byte[]> requests)
      throws InterruptedException, ExecutionException {
    List<Future<Attempt>> futures = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (byte[] request : requests) {
        futures.add(clients.submit(() -> Attempt.whole(gateway.port(), request)));
      }
    }
    List<Attempt> answers = new ArrayList<>();
    for (Future<Attempt> each : futures) {
      answers.add(each.get());
    }
    return answers;
  }

  /** A client that has asked and not read. */
  static RawClient open(GatewayUnderTest gateway, LongPrompt prompt, int question, String script)
      throws IOException {
    return new RawClient(gateway.port())
        .post(LongPrompt.PATH, prompt.body(question), key(gateway), "x-script: " + script);
  }

  static RawAnswer one(GatewayUnderTest gateway, LongPrompt prompt, int question, String script)
      throws IOException {
    try (RawClient client = open(gateway, prompt, question, script)) {
      return client.answer();
    }
  }

  /** How many were told that they were this. */
  static long told(List<Attempt> answers, String role) {
    return answers.stream().filter(each -> each.field("Sluice-Cache").equals(role)).count();
  }

  static long failed(List<Attempt> answers) {
    return answers.stream().filter(each -> each.status() != 200 || !each.isWhole()).count();
  }

  /** When the first answer began, by the provider's clock. */
  static long begunNanos(List<CacheBook.Use> uses) {
    return uses.stream()
        .mapToLong(CacheBook.Use::begunNanos)
        .filter(nanos -> nanos != 0)
        .min()
        .orElseThrow();
  }
}

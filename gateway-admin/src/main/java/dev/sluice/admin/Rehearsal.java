package dev.sluice.admin;

import dev.sluice.admin.demo.Script;
import dev.sluice.admin.demo.ScriptedProvider;
import dev.sluice.core.config.GatewayConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;

/**
 * Calls before the ports open. What a JVM has never run it runs some ten times slower, and a
 * thousand workers may be the first that come: so a gateway of its own serves herds of calls of
 * each kind, against the scripted provider, until the code that all calls pass is compiled. Nothing
 * of it stays but that: it has its own ports, its own directory, its own meters.
 */
final class Rehearsal {

  private static final String CONFIG =
      """
      listen: {address: 127.0.0.1, port: 0, event-loops: "${LOOPS}"}
      admin: {address: 127.0.0.1, port: 0}
      log: {calls: false}
      prompt-cache: {gate: on}
      teams: {rehearsal: {}}
      providers:
        scripted: {base-url: "${PROVIDER}", connections: 1024, queue: 1024, prices: anthropic}
      pools:
        scripted: {provider: scripted, tokens-per-minute: 500M}
      routes:
        openai: {api: openai, provider: scripted, clients: open, team: rehearsal}
        anthropic: {api: anthropic, provider: scripted, clients: open, team: rehearsal}
        gemini: {api: gemini, provider: scripted, clients: open, team: rehearsal}
      """;

  /** Calls of the first herd, and of the largest; each is twice the one before. */
  private static final int FIRST_HERD = 25;

  private static final int LARGEST_HERD = 400;
  private static final int PROMPT_BYTES = 24_000;
  private static final int PATIENCE_MILLIS = 10_000;
  private static final String SCRIPT = "cache;first=20ms;read=2ms;events=8";

  private final int port;

  private Rehearsal(int port) {
    this.port = port;
  }

  /**
   * Blocks for about so long.
   *
   * @param loops event loops, as many as will serve
   * @throws IOException where no directory can be made for it, or a call was not answered
   * @throws StartFailure where its gateway does not start
   */
  static void play(Duration time, int loops, LongSupplier nanoTime)
      throws IOException, InterruptedException {
    long end = nanoTime.getAsLong() + time.toNanos();
    Path work = Files.createTempDirectory("sluice-rehearsal");
    try (ScriptedProvider provider = ScriptedProvider.start(0, Script.parse(SCRIPT));
        Assembly gateway = Assembly.start(config(work, provider, loops))) {
      Rehearsal rehearsal = new Rehearsal(gateway.clientAddress().getPort());
      // Small ones first: where there is little of a processor, one alone takes its time.
      int calls = FIRST_HERD;
      for (int herd = 0; nanoTime.getAsLong() < end; herd++) {
        rehearsal.herd(herd, calls);
        calls = Math.min(LARGEST_HERD, 2 * calls);
        provider.forget();
        provider.cacheBook().forget();
      }
    } finally {
      Directories.delete(work);
    }
  }

  private static GatewayConfig config(Path work, ScriptedProvider provider, int loops)
      throws IOException {
    return OwnConfig.in(
        work,
        CONFIG,
        Map.of("LOOPS", Integer.toString(loops), "PROVIDER", provider.baseUrl().toString()));
  }

  /** Most of it on one cold prompt, so that they wait, and go on together. */
  private void herd(int herd, int count) throws IOException, InterruptedException {
    String prompt = ("Herd " + herd + ". ").repeat(PROMPT_BYTES / 10);
    List<Future<?>> calls = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < count; i++) {
        byte[] request = request(herd, i, prompt).getBytes(StandardCharsets.US_ASCII);
        calls.add(
            clients.submit(
                () -> {
                  call(request);
                  return null;
                }));
      }
    }
    for (Future<?> call : calls) {
      try {
        call.get();
      } catch (ExecutionException failed) {
        throw new IOException("A call of the rehearsal failed: " + failed.getCause(), failed);
      }
    }
  }

  private static String request(int herd, int call, String prompt) {
    String question = "Question " + call + " of herd " + herd;
    return switch (call % 10) {
      case 0 ->
          post(
              "/v1/chat/completions",
              """
              {"model":"gpt-5.4-mini","messages":[{"role":"user","content":"%s"}]}\
              """
                  .formatted(question));
      case 1 ->
          post(
              "/v1/chat/completions",
              """
              {"model":"gpt-5.4-mini","stream":true,"messages":[{"role":"user","content":"%s"}]}\
              """
                  .formatted(question));
      case 2 ->
          post(
              "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
              """
              {"contents":[{"role":"user","parts":[{"text":"%s"}]}]}\
              """
                  .formatted(question));
      default ->
          post(
              "/v1/messages",
              """
              {"model":"claude-sonnet-4-5","max_tokens":99,"stream":true,\
              "system":[{"type":"text","text":"%s","cache_control":{"type":"ephemeral"}}],\
              "messages":[{"role":"user","content":"%s"}]}\
              """
                  .formatted(prompt, question));
    };
  }

  private static String post(String target, String body) {
    return "POST "
        + target
        + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
        + "anthropic-version: 2023-06-01\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private void call(byte[] request) throws IOException {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      socket.getOutputStream().write(request);
      String head = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
      if (!head.equals("HTTP/1.1 200")) {
        throw new IOException("answered with " + head);
      }
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    }
  }
}

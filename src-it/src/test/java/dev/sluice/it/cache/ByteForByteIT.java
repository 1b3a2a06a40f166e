package dev.sluice.it.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.ReceivedRequest;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Rig;
import dev.sluice.it.load.Attempt;
import dev.sluice.it.load.LongPrompt;
import dev.sluice.it.prove.StrictStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Waiting changes no byte, and a stream that waits is kept alive. */
@ExtendWith(NoLeaks.class)
class ByteForByteIT {

  @RegisterExtension private static final Rig rig = new Rig(Gated.yaml("on", "8s", "150ms"));

  private static final Counted provider = rig.provider();
  private static final GatewayUnderTest gateway = rig.gateway();

  /** As no serializer would write it. */
  private static String odd(String body) {
    return body.replace("\"system\":[", "\"system\" :\t[\r\n ")
        .replace("\"messages\":[", "\"x-unknown\":1.50e+0,  \"messages\":[ ")
        .replace("what now, and why?", "\\u0057hat now,\\/ and\\twhy? \\ud83d\\ude80");
  }

  @Test
  void theBodiesOfLeadersAndFollowersReachTheProviderAsTheyWereSent() throws Exception {
    LongPrompt prompt = Gated.prompt("odd");
    List<String> sent = new ArrayList<>();
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      sent.add(odd(prompt.body(i)));
      requests.add(
          LongPrompt.request(LongPrompt.PATH, sent.getLast(), Gated.SLOW, Gated.key(gateway)));
    }
    assertThat(Gated.failed(Gated.ask(gateway, requests))).isZero();
    List<String> received = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      ReceivedRequest request = provider.received();
      received.add(new String(request.body(), StandardCharsets.ISO_8859_1));
    }
    assertThat(received).containsExactlyInAnyOrderElementsOf(sent);
    assertThat(provider.cacheBook().writes()).isEqualTo(1);
  }

  /** The provider says the same to the same question directly, once its prompt is warm. */
  @Test
  void aFollowersAnswerIsTheProvidersByteForByte() throws Exception {
    LongPrompt prompt = Gated.prompt("answers");
    List<Attempt> answers = Gated.ask(gateway, prompt, 10, Gated.SLOW);
    assertThat(Gated.failed(answers)).isZero();
    assertThat(provider.cacheBook().writes()).isEqualTo(1);
    // Heads may have gone out with the first keep-alive: the leader is known by its usage.
    int readers = 0;
    for (int i = 0; i < 10; i++) {
      byte[] body =
          StrictStream.withoutComments(
              new String(answers.get(i).body(), StandardCharsets.ISO_8859_1));
      String text = new String(body, StandardCharsets.ISO_8859_1);
      if (!text.contains("\"cache_read_input_tokens\":0,")) {
        readers++;
        assertThat(text).isEqualTo(direct(prompt, i));
      }
    }
    assertThat(readers).isEqualTo(9);
  }

  private static String direct(LongPrompt prompt, int question) throws Exception {
    try (RawClient client = new RawClient(provider.baseUrl().getPort())) {
      return client
          .post(
              LongPrompt.PATH, prompt.body(question), Gated.PROVIDER_KEY, "x-script: " + Gated.SLOW)
          .answer()
          .body();
    }
  }

  @Test
  void aFollowerThatWaitsIsKeptAlive() throws Exception {
    LongPrompt prompt = Gated.prompt("alive");
    String slow = Gated.SLOW.replace("700ms", "2s");
    try (RawClient leader = Gated.open(gateway, prompt, 1, slow)) {
      provider.received();
      RawAnswer answer = Gated.one(gateway, prompt, 2, slow);
      assertThat(answer.end()).isEqualTo(RawAnswer.End.WHOLE);
      int silent = answer.body().indexOf("data:");
      assertThat(answer.body().substring(0, silent).lines().filter(line -> line.startsWith(":")))
          .as("comments before the answer")
          .hasSizeGreaterThan(5);
      assertThat(answer.withoutComments()).contains("event: message_stop");
      assertThat(leader.answer().end()).isEqualTo(RawAnswer.End.WHOLE);
    }
    assertThat(provider.cacheBook().writes()).isEqualTo(1);
  }
}

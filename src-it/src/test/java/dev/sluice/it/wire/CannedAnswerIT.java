package dev.sluice.it.wire;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.http.Fault;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Canned answers, from a server that shares nothing with the gateway. */
@ExtendWith(NoLeaks.class)
class CannedAnswerIT {

  private WireMockServer provider;
  private GatewayUnderTest gateway;

  @BeforeEach
  void start() {
    provider = new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1"));
    provider.start();
    gateway =
        GatewayUnderTest.start(
            URI.create("http://127.0.0.1:" + provider.port()), GatewayUnderTest.QUICK);
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.stop();
  }

  private RawAnswer ask() throws IOException {
    try (RawClient client = new RawClient(gateway.port())) {
      return client
          .post(Bodies.CHAT_PATH, Bodies.CHAT, "Authorization: Bearer " + gateway.key())
          .answer();
    }
  }

  @Test
  void aJsonAnswerPassesByteForByte() throws Exception {
    String body = "\n\n {\"usage\": {\"prompt_tokens\":1 },\r\n\"odd\":\"\\u0000é\" }\n";
    provider.stubFor(
        any(anyUrl())
            .willReturn(
                aResponse()
                    .withStatus(200)
                    .withHeader("Content-Type", "application/json; charset=utf-8")
                    .withHeader("x-ratelimit-remaining-tokens", "149984")
                    .withBody(body)));
    RawAnswer answer = ask();
    assertThat(answer.end()).isEqualTo(RawAnswer.End.WHOLE);
    assertThat(answer.field("x-ratelimit-remaining-tokens")).isEqualTo("149984");
    assertThat(answer.body().getBytes(StandardCharsets.ISO_8859_1))
        .isEqualTo(body.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void anErrorPageOfSomeProxyPassesWithItsStatus() throws Exception {
    provider.stubFor(
        any(anyUrl())
            .willReturn(
                aResponse()
                    .withStatus(503)
                    .withHeader("Content-Type", "text/html")
                    .withBody("<html>busy</html>")));
    RawAnswer answer = ask();
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.body()).isEqualTo("<html>busy</html>");
  }

  @Test
  void everyFaultOfTheConnectionIsABadGateway() throws Exception {
    for (Fault fault : new Fault[] {Fault.EMPTY_RESPONSE, Fault.CONNECTION_RESET_BY_PEER}) {
      provider.stubFor(any(anyUrl()).willReturn(aResponse().withFault(fault)));
      RawAnswer answer = ask();
      assertThat(answer.status()).as(fault.name()).isEqualTo(502);
      assertThat(answer.body()).contains("\"error\"");
    }
  }
}

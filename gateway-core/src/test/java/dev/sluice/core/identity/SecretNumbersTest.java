package dev.sluice.core.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.dialect.Dialect;
import dev.sluice.core.dialect.RequestScan;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.dialect.Routes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * Goal: nothing that follows from a secret changes between versions. Where one of these fails, a
 * change moves every prefix to another id and perhaps to another account.
 */
class SecretNumbersTest {

  private static final long P = RequestHash.P;

  private final byte[] secret = new byte[SecretNumbers.SECRET_BYTES];

  SecretNumbersTest() {
    for (int i = 0; i < secret.length; i++) {
      secret[i] = (byte) i;
    }
  }

  private Fingerprinter fingerprinter() {
    return new Fingerprinter(new SecretNumbers(secret));
  }

  /** Computed by Python's hmac. */
  @Test
  void theNumbersAreThoseOfTheStatedFunction() {
    SecretNumbers numbers = new SecretNumbers(secret);
    assertThat(numbers.nextLong()).isEqualTo(0x237449c98a475ab5L);
    assertThat(numbers.nextLong()).isEqualTo(0xc96ce49ad12c1dabL);
    assertThat(numbers.nextLong(P)).isEqualTo(0x2af3e7842fd342b6L & P);
    assertThat(numbers.nextLong()).isEqualTo(0x7121f833dd431203L);
    assertThat(numbers.nextLong()).isEqualTo(0x845ab3bceebd2ca6L);
    assertThat(numbers.nextLong()).isEqualTo(0xfc8e02d4636564cdL);
  }

  @Test
  void aBoundedNumberIsBelowItsBoundAndEveryOneComes() {
    SecretNumbers numbers = new SecretNumbers(secret);
    for (long bound : new long[] {1, 2, 3, 5, 64, 65}) {
      boolean[] seen = new boolean[(int) bound];
      for (int i = 0; i < 2_000; i++) {
        seen[(int) numbers.nextLong(bound)] = true;
      }
      assertThat(seen).doesNotContain(false);
    }
    for (long bound : new long[] {P, P + 2, Long.MAX_VALUE}) {
      for (int i = 0; i < 100; i++) {
        assertThat(numbers.nextLong(bound)).isBetween(0L, bound - 1);
      }
    }
    assertThatThrownBy(() -> numbers.nextLong(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new SecretNumbers(new byte[31]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aRequestHasThisFingerprint() {
    ByteBuf body = Unpooled.copiedBuffer("{\"model\":\"m\"}".repeat(100), StandardCharsets.UTF_8);
    Fingerprint asked =
        fingerprinter()
            .of(
                "POST",
                "/v1/messages",
                new DefaultHttpHeaders().add("anthropic-version", "2023-06-01"),
                body);
    assertThat(asked).isEqualTo(new Fingerprint(760325957376104217L, 1901839814410231184L));
    assertThat(fingerprinter().credential("sk-1")).isEqualTo(915781138929663331L);
  }

  /** With the scope and the layout by which calls and registrations find it. */
  @Test
  void aPrefixHasThisId() {
    String text =
        """
        {"model":"claude-sonnet-5","max_tokens":9,"system":[{"type":"text","text":"%s",
         "cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"Hi"}]}
        """
            .formatted("long ".repeat(1_000));
    assertThat(prefix(Route.Family.ANTHROPIC, "/v1/messages", text))
        .isEqualTo(new Fingerprint(1814858174034247940L, 750636805018912724L));
    String chat =
        """
        {"model":"gpt-5.2","messages":[{"role":"system","content":"%s"},
         {"role":"user","content":"Hi"}]}
        """
            .formatted("long ".repeat(1_000));
    assertThat(prefix(Route.Family.OPENAI, "/v1/chat/completions", chat))
        .isEqualTo(new Fingerprint(779447891309424606L, 1528141134795607346L));
  }

  private Fingerprint prefix(Route.Family family, String path, String text) {
    ByteBuf body = Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    var routes = new Routes(List.of(new Route("main", "", family)));
    var found = (Routes.Found) routes.find(HttpMethod.POST, path, EmptyHttpHeaders.INSTANCE);
    Dialect dialect = found.dialect();
    RequestScan scan = Objects.requireNonNull(dialect.newScan());
    scan.scan(body);
    assertThat(scan.finish()).isNull();
    String scope =
        PromptScope.of(
            dialect.name(), String.valueOf(scan.facts().model()), 0, EmptyHttpHeaders.INSTANCE);
    return fingerprinter()
        .prefixes(scope, body, Objects.requireNonNull(scan.facts().prompt()))
        .getFirst();
  }
}

package dev.sluice.core.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.dialect.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LateErrorTest {

  @Test
  void theProvidersOwnMessageIsTakenOver() {
    Refusal told =
        of(
            429,
            "{\"x\":{\"message\":\"not this\"},\"error\":{\"a\":[{}],\"message\":\"Slow down\"}}");
    assertThat(told.message()).isEqualTo("Slow down");
    assertThat(told.status()).isEqualTo(429);
    assertThat(told.kind()).isEqualTo(Refusal.Kind.RATE_LIMIT);
    assertThat(told.mayRetry()).isTrue();
  }

  @Test
  void aBodyThatIsNoErrorEnvelopeIsToldByItsStatus() {
    for (String body : new String[] {"", "<html>", "{\"error\":\"text\"}", "{\"error\":{", "[1]"}) {
      assertThat(of(503, body).message()).isEqualTo("The provider answered with status 503.");
    }
  }

  @Test
  void anAnswerInAnotherFormIsAFailureOfTheProvider() {
    Refusal told = of(200, "{\"id\":\"x\"}");
    assertThat(told.status()).isEqualTo(502);
    assertThat(told.code()).isEqualTo("late_status_200");
  }

  @Test
  void aLongBodyIsKeptOnlyUpToItsBound() {
    ByteBuf kept = Unpooled.buffer();
    for (int i = 0; i < 100; i++) {
      ByteBuf more = Unpooled.wrappedBuffer(new byte[10_000]);
      LateError.keep(kept, more);
      assertThat(more.refCnt()).isZero();
    }
    assertThat(kept.readableBytes()).isEqualTo(64 * 1024);
    kept.release();
  }

  private static Refusal of(int status, String body) {
    return LateError.of(status, Unpooled.copiedBuffer(body, StandardCharsets.UTF_8));
  }
}

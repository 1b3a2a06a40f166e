package dev.sluice.sse.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import java.nio.ReadOnlyBufferException;
import org.junit.jupiter.api.Test;

class SseWriterTest {

  @Test
  void aCommentIsAWholeBlockAndABareOneIsALine() {
    assertThat(SseWriter.comment().toString(US_ASCII)).isEqualTo(": keep-alive\n\n");
    assertThat(SseWriter.bareComment().toString(US_ASCII)).isEqualTo(": keep-alive\n");
    assertThat(SseWriter.whiteSpace().toString(US_ASCII)).isEqualTo("\n");
  }

  @Test
  void readingAndReleasingOneLeavesTheNextUntouched() {
    ByteBuf read = SseWriter.comment();
    read.skipBytes(read.readableBytes());
    for (int i = 0; i < 3; i++) {
      read.release();
    }
    assertThat(SseWriter.comment().toString(US_ASCII)).isEqualTo(": keep-alive\n\n");
  }

  @Test
  void theSharedBytesCannotBeChangedAndNeedNoCopyToBeSent() {
    ByteBuf bytes = SseWriter.comment();
    assertThat(bytes.isDirect()).isTrue();
    assertThatThrownBy(() -> bytes.setByte(0, 'x')).isInstanceOf(ReadOnlyBufferException.class);
  }
}

package dev.sluice.sse.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class SseScannerTest {

  private final SseScanner scanner = new SseScanner();

  @Test
  void aBlankLineThatEndsInCrIsReportedAtOnceWhereTheStreamUsesNoCrLf() {
    assertThat(scan("data: a\r\r")).isEqualTo(9);
    assertThat(scanner.hasData()).isTrue();
  }

  @Test
  void anLfAfterAReportedCrBelongsToItsBlockAndIsNoBlockOfItsOwn() {
    assertThat(scan("data: a\n\r")).isEqualTo(9);

    assertThat(scan("\ndata: b\n\n")).isEqualTo(1);
    assertThat(scanner.isRestOfLineEnd()).isTrue();
    assertThat(scanner.hasData()).isFalse();
  }

  @Test
  void theLfOfAStreamThatUsesCrLfIsWaitedFor() {
    assertThat(scan("data: a\r\n\r")).isEqualTo(-1);
    assertThat(scanner.isWholeButForLineFeed()).isTrue();

    assertThat(scan("\ndata: b")).isEqualTo(1);
    assertThat(scanner.hasData()).isTrue();
    assertThat(scanner.isRestOfLineEnd()).isFalse();
    assertThat(scanner.isWholeButForLineFeed()).isFalse();
  }

  @Test
  void anLfThatWasWaitedForAndDidNotComeEndsTheBlockBeforeTheNextByte() {
    assertThat(scan("data: a\r\n\r")).isEqualTo(-1);

    assertThat(scan("data: b\r\n\r\n")).isEqualTo(0);
    assertThat(scanner.hasData()).isTrue();
  }

  @Test
  void aFieldIsKnownByItsWholeName() {
    assertThat(scan("database: 1\nidle: 2\n data: 3\n\n")).isPositive();
    assertThat(scanner.hasData()).isFalse();
    assertThat(scanner.hasId()).isFalse();
    assertThat(scanner.isOnlyComments()).isFalse();
  }

  @Test
  void commentsAndBlankLinesAreNoContent() {
    assertThat(scan(": keep-alive\n\n")).isPositive();
    assertThat(scanner.isOnlyComments()).isTrue();
    assertThat(scan("\n")).isEqualTo(1);
    assertThat(scanner.isOnlyComments()).isFalse();
    assertThat(scan(": half a comm")).isEqualTo(-1);
    assertThat(scan("ent: x")).isEqualTo(-1);
    assertThat(scanner.contentBytes()).isZero();
  }

  @Test
  void aPieceOfALineIsContentAlready() {
    assertThat(scan("data: 12")).isEqualTo(-1);
    assertThat(scanner.contentBytes()).isEqualTo(8);
    assertThat(scan("345")).isEqualTo(-1);
    assertThat(scanner.contentBytes()).isEqualTo(11);
  }

  @Test
  void aByteOrderMarkIsNotPartOfTheFirstField() {
    assertThat(scan("\u00EF\u00BB")).isEqualTo(-1);
    assertThat(scan("\u00BFid: 1\n\n")).isPositive();
    assertThat(scanner.hasId()).isTrue();
    assertThat(scanner.contentBytes()).isEqualTo(5);
  }

  @Test
  void scanningAllocatesNothing() {
    String event = "data: " + "x".repeat(300) + "\n\n";
    ByteBuf bytes = Unpooled.wrappedBuffer(event.repeat(1000).getBytes(US_ASCII));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    assertThat(scanAll(bytes)).isEqualTo(1000);

    long before = threads.getCurrentThreadAllocatedBytes();
    int events = 0;
    for (int round = 0; round < 20; round++) {
      events += scanAll(bytes);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;

    assertThat(events).isEqualTo(20_000);
    assertThat(allocated).as("bytes allocated for 20000 events").isLessThan(10_000);
  }

  @Test
  void manyLinesThatEndInCrTakeTimeInProportion() {
    ByteBuf bytes = Unpooled.wrappedBuffer("data: 1\r".repeat(500_000).getBytes(US_ASCII));
    assertThat(scanner.scan(bytes, 0, bytes.writerIndex())).isEqualTo(-1);
    assertThat(scanner.contentBytes()).isEqualTo(7L * 500_000);
  }

  private int scanAll(ByteBuf bytes) {
    int events = 0;
    int at = 0;
    while ((at = scanner.scan(bytes, at, bytes.writerIndex())) >= 0) {
      events++;
    }
    return events;
  }

  private int scan(String text) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    return scanner.scan(Unpooled.wrappedBuffer(bytes), 0, bytes.length);
  }
}

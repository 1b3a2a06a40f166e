package dev.sluice.it.silence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.ReceivedRequest;
import dev.sluice.admin.demo.Script;
import dev.sluice.admin.demo.ScriptedProvider;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.prove.IdleCutter;
import dev.sluice.it.prove.StrictStream;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Silence never cuts a stream, and keep-alive never hides a dead provider. Interval 100 ms, first
 * byte after 300 ms, idle limit 1.5 s: a tenth of a second stands for fifteen.
 */
@ExtendWith(NoLeaks.class)
class SilenceIT {

  private static ScriptedProvider provider;
  private static GatewayUnderTest gateway;
  static final List<Bodies.Stream> STREAMS = Bodies.STREAMS;

  @BeforeAll
  static void start() {
    provider = ScriptedProvider.start(0, Script.PLAIN);
    gateway = GatewayUnderTest.start(provider.baseUrl(), GatewayUnderTest.QUICK);
  }

  @AfterAll
  static void stop() {
    gateway.close();
    provider.close();
  }

  @BeforeEach
  void forget() {
    provider.forget();
  }

  private static RawAnswer ask(int port, String path, String body, String script)
      throws IOException {
    try (RawClient client = new RawClient(port)) {
      return client
          .post(
              path,
              body,
              "Authorization: Bearer " + gateway.key(),
              "x-goog-api-key: " + gateway.key(),
              "x-script: " + script)
          .answer();
    }
  }

  private static RawAnswer direct(Bodies.Stream stream, String script) throws IOException {
    return ask(provider.port(), stream.path(), stream.body(), script);
  }

  private static RawAnswer through(Bodies.Stream stream, String script) throws IOException {
    return ask(gateway.port(), stream.path(), stream.body(), script);
  }

  private static long keepAlives(RawAnswer answer) {
    return answer.body().lines().filter(line -> line.startsWith(":")).count();
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void aSilenceInsideAStreamIsFilledBetweenEvents(Bodies.Stream stream) throws Exception {
    RawAnswer whole = direct(stream, "events=6");
    RawAnswer kept = through(stream, "events=6;gap=1s@4");
    assertThat(kept.end()).isEqualTo(RawAnswer.End.WHOLE);
    assertThat(keepAlives(kept)).isBetween(3L, 13L);
    assertThat(kept.withoutComments()).isEqualTo(whole.body());
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void aSilenceBeforeTheHeadIsFilledToo(Bodies.Stream stream) throws Exception {
    RawAnswer whole = direct(stream, "events=6");
    RawAnswer kept = through(stream, "events=6;first=1200ms");
    assertThat(kept.status()).isEqualTo(200);
    assertThat(kept.field("Content-Type")).startsWith("text/event-stream");
    assertThat(keepAlives(kept)).isBetween(3L, 13L);
    assertThat(kept.withoutComments()).isEqualTo(whole.body());
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void aStreamThatIsNeverSilentHasNothingAdded(Bodies.Stream stream) throws Exception {
    RawAnswer whole = direct(stream, "events=30");
    RawAnswer kept = through(stream, "events=30");
    assertThat(kept.body()).isEqualTo(whole.body());
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void nothingIsWrittenInsideAnEvent(Bodies.Stream stream) throws Exception {
    RawAnswer whole = direct(stream, "events=6");
    RawAnswer kept = through(stream, "events=6;at=inside@4:silence:1s");
    // Half an event may be held back and the silence before it filled; never the one inside it.
    assertThat(kept.withoutComments()).isEqualTo(whole.body());
  }

  @Test
  void streamsAreNotBufferedOnTheirWay() throws Exception {
    RawAnswer kept = through(STREAMS.getFirst(), "events=2");
    assertThat(kept.field("X-Accel-Buffering")).isEqualTo("no");
    assertThat(kept.field("Cache-Control")).contains("no-cache").contains("no-transform");
    assertThat(kept.field("Content-Encoding")).isEmpty();
  }

  @Test
  void afterAnIdLineACommentStandsWithoutABlankLine() throws Exception {
    RawAnswer kept = through(STREAMS.getFirst(), "events=6;at=between@2:id:7;gap=800ms@4");
    assertThat(keepAlives(kept)).isPositive();
    String afterId = kept.body().substring(kept.body().indexOf("id: 7\n\n") + 7);
    assertThat(afterId.lines().filter(line -> line.startsWith(":"))).isNotEmpty();
    // A comment and then a blank line would be dispatched as an empty event by some clients.
    assertThat(afterId).doesNotContainPattern("(?m)^:[^\n]*\n\n");
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void aDeadProviderEndsAtTheIdleLimitEvenBehindItsOwnComments(Bodies.Stream stream)
      throws Exception {
    String comments = ";at=between@3:comment:busy;at=between@3:silence:300ms".repeat(12);
    long begun = System.nanoTime();
    RawAnswer cut = through(stream, "events=9" + comments + ";at=between@3:silence:forever");
    long millis = (System.nanoTime() - begun) / 1_000_000;
    assertThat(millis).isBetween(1_400L, 4_000L);
    assertThat(cut.end()).isEqualTo(RawAnswer.End.CUT);
    assertThat(cut.body()).contains("error");
    ReceivedRequest request = Objects.requireNonNull(provider.take(Duration.ofSeconds(5)));
    assertThat(request.ended().get(5, TimeUnit.SECONDS))
        .isEqualTo(ReceivedRequest.Outcome.PEER_GONE);
  }

  @Test
  void aProviderThatNeverAnswersEndsAtTheFirstByteLimit() throws Exception {
    RawAnswer cut = through(STREAMS.getFirst(), "first=forever");
    assertThat(cut.status()).isEqualTo(200);
    assertThat(cut.end()).isEqualTo(RawAnswer.End.CUT);
    assertThat(cut.body()).contains(": ").contains("\"error\"");
  }

  @Test
  void aJsonCallThatIsNeverAnsweredGetsItsStatus() throws Exception {
    RawAnswer no = ask(gateway.port(), Bodies.CHAT_PATH, Bodies.CHAT, "first=forever");
    assertThat(no.status()).isEqualTo(504);
    assertThat(no.body()).contains("\"error\"");
    assertThat(no.end()).isEqualTo(RawAnswer.End.WHOLE);
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void aFastFailureKeepsItsStatus(Bodies.Stream stream) throws Exception {
    RawAnswer no = through(stream, "at=head:status:429;header=Retry-After%3A 3");
    assertThat(no.status()).isEqualTo(429);
    assertThat(no.field("Retry-After")).isEqualTo("3");
    assertThat(no.body()).isEqualTo(direct(stream, "at=head:status:429").body());
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void aLateFailureIsToldInTheStream(Bodies.Stream stream) throws Exception {
    RawAnswer late = through(stream, "first=800ms;at=head:status:503");
    assertThat(late.status()).isEqualTo(200);
    assertThat(late.withoutComments()).contains("error").endsWith("\n\n");
  }

  /** Goal: many streams at once behind an idle cutter. A thousand are played by prove silence. */
  @Test
  void noneOfManyStreamsIsCutBehindAnIdleCutter() throws Exception {
    int count = 150;
    List<StrictStream> streams = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(count);
    List<byte[]> expected = new ArrayList<>();
    for (Bodies.Stream stream : STREAMS) {
      expected.add(direct(stream, "events=8").body().getBytes(StandardCharsets.ISO_8859_1));
    }
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    // Slower than elsewhere: with every buffer traced, ten comments a second for each are too many.
    String calm =
        GatewayUnderTest.QUICK
            .replace("interval: 100ms", "interval: 500ms")
            .replace("idle-limit: 1500ms", "idle-limit: 20s");
    try (GatewayUnderTest patient = GatewayUnderTest.start(provider.baseUrl(), calm);
        IdleCutter cutter = new IdleCutter(patient.port(), Duration.ofMillis(1_500))) {
      for (int i = 0; i < count; i++) {
        Bodies.Stream stream = STREAMS.get(i % STREAMS.size());
        StrictStream reader =
            new StrictStream(
                request(stream, patient.key()), expected.get(i % STREAMS.size()), done);
        streams.add(reader);
        connect(loops, cutter.port(), reader);
      }
      assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    } finally {
      loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }
    assertThat(streams).allSatisfy(stream -> assertThat(stream.problem()).isEmpty());
    assertThat(streams).noneMatch(StrictStream::wasCut);
  }

  private static ByteBuf request(Bodies.Stream stream, String key) {
    String text =
        RawClient.request(
            stream.path(),
            stream.body(),
            "Authorization: Bearer " + key,
            "x-goog-api-key: " + key,
            "x-script: events=8;gap=5300ms@5");
    return Unpooled.unreleasableBuffer(
        Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.ISO_8859_1)));
  }

  private static void connect(EventLoopGroup loops, int port, StrictStream reader) {
    var _ =
        new Bootstrap()
            .group(loops)
            .channel(NioSocketChannel.class)
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channel.pipeline().addLast(reader);
                  }
                })
            .connect("127.0.0.1", port);
  }
}

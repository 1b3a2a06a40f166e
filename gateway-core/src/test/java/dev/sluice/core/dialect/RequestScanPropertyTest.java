package dev.sluice.core.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.dialect.RequestFacts.UsageAsk;
import dev.sluice.core.dialect.RequestFacts.UsageAsk.State;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Objects;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/**
 * Goal: the scan accepts what Jackson accepts, but for the rules that are stricter on purpose,
 * reads the same facts out of it, and does not depend on how the bytes are cut. Method: random
 * texts, sound and damaged, against a parser that builds a tree.
 */
class RequestScanPropertyTest {

  private static final int ROUNDS = 6_000;

  private record Outcome(@Nullable Refusal refusal, @Nullable RequestFacts facts) {}

  private static Outcome whole(byte[] body) {
    var scan = new RequestScan(RequestFields.CHAT);
    Pieces.show(body, scan::scan);
    return outcome(scan);
  }

  private static Outcome cut(byte[] body, RandomGenerator random) {
    var scan = new RequestScan(RequestFields.CHAT);
    Pieces.show(body, random, scan::scan);
    return outcome(scan);
  }

  private static Outcome outcome(RequestScan scan) {
    var refusal = scan.finish();
    return new Outcome(refusal, refusal == null ? scan.facts() : null);
  }

  private static RequestFacts withoutAsk(RequestFacts facts) {
    return new RequestFacts(
        facts.model(), facts.stream(), facts.outputCap(), null, facts.bodyBytes(), null);
  }

  @Test
  void itAgreesWithATreeParser() {
    var accepted = 0;
    var refused = 0;
    for (var seed = 0; seed < ROUNDS; seed++) {
      var random = new Random(seed);
      var body = Pieces.utf8(RandomJson.object(random));
      if (random.nextBoolean()) {
        body = RandomJson.damage(body, random);
      }
      var expected = ChatOracle.read(body);
      var outcome = whole(body);
      var about = "seed " + seed + ": " + new String(body, StandardCharsets.UTF_8);
      if (expected == null) {
        assertThat(outcome.refusal()).as(about).isNotNull();
        refused++;
      } else {
        assertThat(outcome.refusal()).as(about).isNull();
        assertThat(withoutAsk(Objects.requireNonNull(outcome.facts())))
            .as(about)
            .isEqualTo(expected);
        accepted++;
      }
    }
    // Both sides have been met often enough to mean something.
    assertThat(accepted).isGreaterThan(ROUNDS / 10);
    assertThat(refused).isGreaterThan(ROUNDS / 10);
  }

  @Test
  void howTheBytesAreCutChangesNothing() {
    for (var seed = 0; seed < ROUNDS; seed++) {
      var random = new Random(seed);
      var body = Pieces.utf8(RandomJson.object(random));
      if (random.nextInt(3) == 0) {
        body = RandomJson.damage(body, random);
      }
      assertThat(cut(body, random))
          .as("seed %s: %s", seed, new String(body, StandardCharsets.UTF_8))
          .isEqualTo(whole(body));
    }
  }

  @Test
  void anEditedBodyAsksForUsageAndIsOtherwiseTheSame() {
    var edited = new EnumMap<State, Integer>(State.class);
    for (var seed = 0; seed < 4 * ROUNDS; seed++) {
      var random = new Random(seed);
      var body = Pieces.utf8(RandomJson.object(random));
      var facts = whole(body).facts();
      if (facts == null || facts.usageAsk() == null) {
        continue;
      }
      var ask = facts.usageAsk();
      edited.merge(ask.state(), 1, Integer::sum);
      var about = "seed " + seed + ": " + new String(body, StandardCharsets.UTF_8);

      var before = Unpooled.buffer().writeZero(3).writeBytes(body).skipBytes(3);
      var after = BodyEdit.askForUsage(before, ask);
      var bytes = ByteBufUtil.getBytes(after);
      after.release();
      assertThat(before.refCnt()).as(about).isZero();

      var expected = (ObjectNode) ChatOracle.MAPPER.readTree(body);
      var options =
          expected.get("stream_options") instanceof ObjectNode node
              ? node
              : expected.putObject("stream_options");
      options.put("include_usage", true);
      assertThat(ChatOracle.MAPPER.readTree(bytes)).as(about).isEqualTo(expected);

      // every other byte, in its place
      var head = (int) ask.at();
      var tail = body.length - head - ask.length();
      assertThat(new String(bytes, 0, head, StandardCharsets.ISO_8859_1))
          .as(about)
          .isEqualTo(new String(body, 0, head, StandardCharsets.ISO_8859_1));
      assertThat(new String(bytes, bytes.length - tail, tail, StandardCharsets.ISO_8859_1))
          .as(about)
          .isEqualTo(new String(body, body.length - tail, tail, StandardCharsets.ISO_8859_1));

      assertThat(Objects.requireNonNull(whole(bytes).facts()).usageAsk())
          .as(about)
          .extracting(UsageAsk::state)
          .isEqualTo(State.ASKED);
    }
    assertThat(edited).as("bodies of each state").containsOnlyKeys(State.values());
  }
}

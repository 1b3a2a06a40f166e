package dev.sluice.core.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.dialect.PromptLayout;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.dialect.Routes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Goal: two beginnings of prompts have the same fingerprint where the provider has one entry for
 * them, and only there. Method: conversations that grow and whose markers move on, and bodies of
 * which every byte is changed in turn.
 */
class PrefixesTest {

  private static final String LONG = "long ".repeat(210);
  private static final String SCOPE = "anthropic/main claude-sonnet-5";

  private final Fingerprinter fingerprinter = new Fingerprinter(new Random(1));

  private static PromptLayout layout(ByteBuf body) {
    var routes = new Routes(List.of(new Route("anthropic", "", Route.Family.ANTHROPIC)));
    var found =
        (Routes.Found) routes.find(HttpMethod.POST, "/v1/messages", EmptyHttpHeaders.INSTANCE);
    var scan = Objects.requireNonNull(found.dialect().newScan());
    scan.scan(body);
    assertThat(scan.finish()).isNull();
    return Objects.requireNonNull(scan.facts().prompt(), "no layout");
  }

  private List<Fingerprint> prefixes(String scope, byte[] body) {
    // not at the start of its buffer, and in two parts
    var half = body.length / 2;
    ByteBuf parts =
        Unpooled.wrappedBuffer(
                new byte[] {1, 2, 3},
                Arrays.copyOf(body, half),
                Arrays.copyOfRange(body, half, body.length))
            .skipBytes(3);
    var prefixes = fingerprinter.prefixes(scope, parts, layout(parts));
    assertThat(prefixes)
        .as("how the body is cut does not matter")
        .isEqualTo(
            fingerprinter.prefixes(
                scope, Unpooled.wrappedBuffer(body), layout(Unpooled.wrappedBuffer(body))));
    return prefixes;
  }

  private List<Fingerprint> prefixes(String body) {
    return prefixes(SCOPE, bytes(body));
  }

  private static byte[] bytes(String body) {
    return body.getBytes(StandardCharsets.UTF_8);
  }

  /** A conversation with markers behind the system prompt and the given turns. */
  private static String conversation(Random random, int turns, List<Integer> marked) {
    var style = random.nextInt(3);
    var space = style == 0 ? "" : style == 1 ? " " : "\n    ";
    var marker = "\"cache_control\":" + space + "{\"type\":\"ephemeral\"}";
    var out = new StringBuilder("{\"model\":\"c\",\"messages\":[");
    var markerFirst = random.nextBoolean();
    for (var turn = 0; turn < turns; turn++) {
      out.append(turn == 0 ? "" : "," + space).append("{\"role\":\"");
      out.append(turn % 2 == 0 ? "user" : "assistant").append("\",\"content\":[");
      var text = "\"type\":\"text\"," + space + "\"text\":\"turn " + turn + " " + LONG + "\"";
      if (!marked.contains(turn)) {
        out.append('{').append(text).append('}');
      } else if (markerFirst) {
        out.append('{').append(marker).append(',').append(space).append(text).append('}');
      } else {
        out.append('{').append(text).append(',').append(space).append(marker).append('}');
      }
      out.append("]}");
    }
    return out.append("],\"system\":[{\"text\":\"s\",")
        .append(marker)
        .append("}],\"max_tokens\":")
        .append(random.nextInt(1_000))
        .append('}')
        .toString();
  }

  @Test
  void anEntryKeepsItsFingerprintWhereverElseMarkersStand() {
    for (var seed = 0; seed < 500; seed++) {
      var turns = 3 + new Random(seed).nextInt(6);
      var at = new Random(seed).nextInt(turns);
      var alone = prefixes(conversation(new Random(seed), at + 1, List.of(at)));
      var choice = new Random(~seed);
      var marked = new ArrayList<>(List.of(at));
      for (var i = choice.nextInt(3); i > 0; i--) {
        var other = choice.nextInt(turns);
        if (!marked.contains(other)) {
          marked.add(other);
        }
      }
      marked.sort(null);
      var among = prefixes(conversation(new Random(seed), turns, marked));
      assertThat(among).as("seed %s", seed).hasSize(marked.size() + 1);
      assertThat(among.getFirst()).as("system, seed %s", seed).isEqualTo(alone.getFirst());
      assertThat(among.get(1 + marked.indexOf(at)))
          .as("turn %s of %s, marked %s, seed %s", at, turns, marked, seed)
          .isEqualTo(alone.getLast());
      assertThat(new HashSet<>(among)).as("seed %s", seed).hasSameSizeAs(among);
    }
  }

  @Test
  void everyByteOfAnEntryCountsAndNoOther() {
    var body =
        bytes(
            """
            {"thinking":{"type":"disabled"},"messages":[{"content":[{"text":"%s","cache_control":\
            {"ttl":"1h"}},{"text":"b"}],"role":"user"},{"role":"user","content":"c"}],"tools":[{"name":"t",\
            "cache_control":{"ttl":"1h"}},{"name":"u"}],"system":"ssss","top_k":7}\
            """
                .formatted(LONG));
    var layout = layout(Unpooled.wrappedBuffer(body));
    var before = fingerprinter.prefixes(SCOPE, Unpooled.wrappedBuffer(body), layout);
    assertThat(before).hasSize(2);
    for (var at = 0; at < body.length; at++) {
      body[at] ^= 1;
      var after = fingerprinter.prefixes(SCOPE, Unpooled.wrappedBuffer(body), layout);
      body[at] ^= 1;
      for (var i = 0; i < 2; i++) {
        var entry = layout.entries().get(i);
        var spans = new ArrayList<>(layout.spans().subList(0, entry.spanCount()));
        if (entry.tail() != null) {
          spans.add(entry.tail());
        }
        var byteAt = at;
        var isWithin = spans.stream().anyMatch(s -> s.start() <= byteAt && byteAt < s.end());
        assertThat(after.get(i).equals(before.get(i)))
            .as("byte %s, entry %s", at, i)
            .isEqualTo(!isWithin);
      }
    }
  }

  @Test
  void whatMovesFromOnePartToTheNextMakesAnotherPrompt() {
    // the same bytes in the same order, but the parts end elsewhere
    var spans = 40L;
    var body = Unpooled.wrappedBuffer(bytes(LONG));
    var seen = new HashSet<Fingerprint>();
    for (var cut = 0L; cut <= spans; cut++) {
      var layout =
          new PromptLayout(
              List.of(new PromptLayout.Entry(2, null, spans, 0, true)),
              List.of(new PromptLayout.Span(0, cut, true), new PromptLayout.Span(cut, spans, true)),
              false);
      assertThat(seen.add(fingerprinter.prefixes(SCOPE, body, layout).getFirst()))
          .as("cut at %s", cut)
          .isTrue();
    }
    var whole =
        new PromptLayout(
            List.of(new PromptLayout.Entry(1, null, spans, 0, true)),
            List.of(new PromptLayout.Span(0, spans, false)),
            false);
    assertThat(seen.add(fingerprinter.prefixes(SCOPE, body, whole).getFirst())).isTrue();
  }

  @Test
  void anotherScopeIsAnotherEntry() {
    var body = bytes(conversation(new Random(1), 3, List.of(2)));
    assertThat(prefixes("a", body)).doesNotContainAnyElementsOf(prefixes("b", body));
  }
}

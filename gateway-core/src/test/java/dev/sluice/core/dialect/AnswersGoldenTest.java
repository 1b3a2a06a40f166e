package dev.sluice.core.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.usage.Usage;
import dev.sluice.sse.journal.JournalObserver.Verdict;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Goal: what a provider bills, how it ends and how it fails is read from the wire as it is. Method:
 * recorded answers ({@code .sse}, {@code .json}) beside what must be read from them ({@code
 * .expected}); bodies are shown in random pieces.
 */
class AnswersGoldenTest {

  private static final int CUTS = 50;

  static List<Path> answers() throws IOException, URISyntaxException {
    var folder =
        Path.of(
            Objects.requireNonNull(AnswersGoldenTest.class.getResource("/dialect/answers"))
                .toURI());
    try (var files = Files.list(folder)) {
      return files.filter(path -> !path.toString().endsWith(".expected")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("answers")
  void isReadAsExpected(Path answer) throws IOException {
    var name = answer.getFileName().toString();
    var expected = read(answer.resolveSibling(name.replaceFirst("\\.[a-z]+$", ".expected")));
    var text = read(answer);
    var dialect = dialect(expected.lines().findFirst().orElseThrow());
    var swallow = expected.contains("\nswallow\n");
    var head = expected.lines().findFirst().orElseThrow() + (swallow ? "\nswallow" : "") + "\n";

    if (name.endsWith(".sse")) {
      assertThat(head + events(dialect.newUsageReader(swallow), text)).isEqualTo(expected);
      return;
    }
    for (var seed = 0; seed < CUTS; seed++) {
      var reader = dialect.newUsageReader(swallow);
      Pieces.show(Pieces.utf8(text), new Random(seed), reader::onBytes);
      assertThat(head + facts(reader)).as("seed " + seed).isEqualTo(expected);
    }
  }

  /** Line ends are the provider's choice: CR LF reads the same. */
  @ParameterizedTest
  @MethodSource("answers")
  void isReadTheSameWithOtherLineEnds(Path answer) throws IOException {
    var name = answer.getFileName().toString();
    if (name.endsWith(".json")) {
      return;
    }
    var expected = read(answer.resolveSibling(name.replaceFirst("\\.[a-z]+$", ".expected")));
    var dialect = dialect(expected.lines().findFirst().orElseThrow());
    var swallow = expected.contains("\nswallow\n");
    var text = read(answer);
    for (var lineEnd : List.of("\r\n", "\r")) {
      var reader = dialect.newUsageReader(swallow);
      var verdicts = new ArrayList<Verdict>();
      for (var event : Pieces.events(text)) {
        var other = new String(event, StandardCharsets.UTF_8).replace("\n", lineEnd);
        verdicts.add(show(reader, Pieces.utf8(other)));
      }
      assertThat(expected).contains(streamFacts(reader, verdicts));
    }
  }

  /**
   * An event over the journal's bound is shown in pieces: usage, end and errors are read from it as
   * from a whole one. What is known by an event's name alone, or is no JSON, is never that long.
   */
  @ParameterizedTest
  @MethodSource("answers")
  void isReadTheSameInPiecesOfLongEvents(Path answer) throws IOException {
    var name = answer.getFileName().toString();
    if (name.endsWith(".json")) {
      return;
    }
    var expected = read(answer.resolveSibling(name.replaceFirst("\\.[a-z]+$", ".expected")));
    var dialect = dialect(expected.lines().findFirst().orElseThrow());
    for (var seed = 0; seed < CUTS; seed++) {
      var random = new Random(seed);
      var whole = dialect.newUsageReader(false);
      var pieces = dialect.newUsageReader(false);
      for (var event : Pieces.events(read(answer))) {
        var text = new String(event, StandardCharsets.UTF_8);
        show(whole, event);
        if (text.contains("[DONE]") || text.contains("event: error") || !text.contains("data:")) {
          show(pieces, event);
        } else {
          showInPieces(pieces, event, random);
        }
        assertThat(facts(pieces) + pieces.isComplete())
            .as("seed %d, after %s", seed, text)
            .isEqualTo(facts(whole) + whole.isComplete());
      }
    }
  }

  private static void showInPieces(UsageReader reader, byte[] event, Random random) {
    var buffer = Unpooled.buffer().writeZero(3).writeBytes(event);
    try {
      var from = 3;
      while (from < buffer.writerIndex()) {
        var to = Math.min(buffer.writerIndex(), from + 1 + random.nextInt(40));
        reader.onLongEvent(buffer, from, to, to == buffer.writerIndex());
        from = to;
      }
    } finally {
      buffer.release();
    }
  }

  private static String events(UsageReader reader, String stream) {
    var verdicts = new ArrayList<Verdict>();
    for (var event : Pieces.events(stream)) {
      verdicts.add(show(reader, event));
    }
    return streamFacts(reader, verdicts);
  }

  private static String streamFacts(UsageReader reader, List<Verdict> verdicts) {
    var line = new StringBuilder("verdicts");
    verdicts.forEach(verdict -> line.append(' ').append(verdict));
    return line
        + "\n"
        + facts(reader).replace("error ", "complete " + reader.isComplete() + "\nerror ")
        + "content "
        + reader.contentBytes()
        + "\n";
  }

  private static Verdict show(UsageReader reader, byte[] event) {
    var buffer = Unpooled.buffer().writeZero(5).writeBytes(event).writeZero(5);
    try {
      return reader.onEvent(buffer, 5, 5 + event.length);
    } finally {
      buffer.release();
    }
  }

  private static String facts(UsageReader reader) {
    return "usage %s%nerror %s%nmodel %s%ntier %s%n"
        .formatted(
            usage(reader.usage()),
            dash(reader.errorInBody()),
            dash(reader.servedModel()),
            dash(reader.serviceTier()));
  }

  private static String usage(@Nullable Usage usage) {
    return usage == null
        ? "-"
        : "input=%d read=%d 5m=%d 30m=%d 1h=%d 12h=%d output=%d reasoning=%d"
            .formatted(
                usage.uncachedInput(),
                usage.cacheRead(),
                usage.cacheWrite5m(),
                usage.cacheWrite30m(),
                usage.cacheWrite1h(),
                usage.cacheWrite12h(),
                usage.output(),
                usage.reasoning());
  }

  private static String dash(@Nullable String text) {
    return text == null ? "-" : text;
  }

  private static Dialect dialect(String line) {
    return switch (line) {
      case "dialect openai.chat" -> new OpenAiChat();
      case "dialect openai.responses" -> new OpenAiResponses();
      case "dialect openai.embeddings" -> new OpenAiPassthrough(OpenAiPassthrough.Kind.EMBEDDINGS);
      case "dialect openai.other read" -> new OpenAiPassthrough(OpenAiPassthrough.Kind.OTHER_READ);
      case "dialect anthropic.messages" -> new AnthropicMessages(AnthropicMessages.Kind.MESSAGES);
      case "dialect gemini.generate" -> new Gemini(Gemini.Kind.GENERATE);
      default -> throw new AssertionError(line);
    };
  }

  private static String read(Path path) throws IOException {
    return Files.readString(path);
  }
}

package dev.sluice.it.invoice;

import dev.sluice.it.load.Attempt.Cut;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * One call as it is planned. Each attempt at it has an id of its own, by which the provider's books
 * and the ledger are compared: {@code ROUND.WAY.NUMBER.ATTEMPT}.
 *
 * @param path with the prefix of its route
 * @param script for the provider
 * @param refusal the script of the first attempt where that is to be refused; else as the other
 * @param after so many bytes of the answer its client goes, where it does
 */
record PlannedCall(
    String round,
    int number,
    Way way,
    String path,
    String body,
    String script,
    String refusal,
    Cut cut,
    int after) {

  private static final List<Cut> CUTS = List.of(Cut.CLOSE, Cut.RESET, Cut.HALF_CLOSE);
  private static final List<Shape> SHAPES = List.of(Shape.values());
  private static final List<Shape> CHAT_STREAMS =
      List.of(Shape.CHAT_STREAM, Shape.CHAT_STREAM_ASKING);
  private static final int[] EDGES = {
    100_000, 100_001, 199_999, 200_000, 200_001, 271_999, 272_000, 272_001, 1_000_000
  };
  private static final int[] REFUSALS = {429, 500, 529};
  private static final String PROSE =
      ("While the tool was working, nobody said a word; the stream stayed open, and when the answer"
              + " came, it came whole. ")
          .repeat(20);

  /** Two calls of one seed have nothing in common. */
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /**
   * Plans one.
   *
   * @param round a word, part of the ids and of the prompt
   * @param paceMillis time between two events of an answer that is to be interrupted, at most
   * @param isSlow whether the answers of all are to take their time
   */
  static PlannedCall of(String round, long seed, int number, int paceMillis, boolean isSlow) {
    SplittableRandom random = new SplittableRandom(seed + number * GOLDEN);
    Way way = Way.of(random.nextInt(100));
    Shape shape = shape(way, random);
    String model = model(way, shape, random);
    // Long enough that going on without a client stops paying.
    int events = way == Way.LEAVE_BUDGET ? random.nextInt(40, 160) : random.nextInt(1, 25);
    StringBuilder script = new StringBuilder("events=").append(events);
    if (way.isCounted()) {
      meters(script, shape, random);
    }
    if (way.isPaced() || isSlow) {
      script.append(";pace=").append(random.nextInt(1, paceMillis + 1)).append("ms");
      script.append(";first=").append(random.nextInt(2 * paceMillis + 1)).append("ms");
    } else if (random.nextBoolean()) {
      script.append(";burst=").append(random.nextInt(2, 9));
    }
    faults(script, way, shape, events, random);
    String prompt =
        "Call " + number + " of " + round + ". " + PROSE.substring(0, random.nextInt(1_500));
    return new PlannedCall(
        round,
        number,
        way,
        prefix(way, shape.family) + shape.path(model),
        shape.body(model, prompt),
        script.toString(),
        way == Way.REFUSED
            ? "at=head:status:" + REFUSALS[random.nextInt(REFUSALS.length)]
            : script.toString(),
        CUTS.get(random.nextInt(CUTS.size())),
        random.nextInt(1, shape.isStream ? 600 + 250 * events : 900));
  }

  private static String model(Way way, Shape shape, SplittableRandom random) {
    if (shape == Shape.EMBEDDINGS) {
      return Shape.EMBEDDING_MODEL;
    }
    List<String> models = shape.family.models();
    return way.isCounted() ? models.get(random.nextInt(models.size())) : shape.family.blindModel();
  }

  private static Shape shape(Way way, SplittableRandom random) {
    List<Shape> shapes = way == Way.SILENT ? CHAT_STREAMS : SHAPES;
    return shapes.get(random.nextInt(shapes.size()));
  }

  /** Routes that differ by what becomes of a call that was left, and by whose account it is. */
  private static String prefix(Way way, Shape.Family family) {
    String api = "/" + family.name().toLowerCase(Locale.ROOT);
    return switch (way) {
      case READ, REPLAY, REFUSED -> "";
      case LEAVE, AGAIN -> api + "-finish";
      case LEAVE_BUDGET, AGAIN_BUDGET, CUT, SILENT -> api + "-blind";
    };
  }

  private static void meters(StringBuilder script, Shape shape, SplittableRandom random) {
    int input =
        switch (random.nextInt(10)) {
          case 0, 1 -> EDGES[random.nextInt(EDGES.length)];
          case 2 -> random.nextInt(150_000, 1_000_000);
          case 3, 4 -> random.nextInt(1, 100);
          default -> random.nextInt(100, 20_000);
        };
    script.append(";input=").append(input);
    if (random.nextBoolean()) {
      script.append(";cached=").append(random.nextInt(input + 1));
    }
    if (random.nextInt(3) == 0) {
      script.append(";written=").append(random.nextInt(input + 1));
      script.append(";written1h=").append(random.nextInt(input + 1));
    }
    if (random.nextInt(3) == 0) {
      List<String> tiers = shape.family.tiers();
      script.append(";tier=").append(tiers.get(random.nextInt(tiers.size())));
    }
    if (random.nextInt(3) == 0) {
      script.append(";reasoning=").append(random.nextInt(1, 500));
    }
  }

  private static void faults(
      StringBuilder script, Way way, Shape shape, int events, SplittableRandom random) {
    if (way == Way.SILENT) {
      script.append(";usage=never");
    }
    if (way == Way.CUT) {
      String effect = random.nextBoolean() ? "close" : "reset";
      if (!shape.isStream) {
        script.append(";at=inside@1:").append(effect);
      } else if (random.nextInt(3) == 0) {
        script.append(";at=between@").append(random.nextInt(events)).append(":error");
      } else {
        String where = random.nextBoolean() ? "between@" : "inside@";
        int at = random.nextInt(1, events + 1);
        script.append(";at=").append(where).append(at).append(':').append(effect);
      }
    }
  }

  String id(int attempt) {
    return round + "." + way + "." + number + "." + attempt;
  }

  static Way wayOf(String id) {
    return Way.valueOf(id.split("\\.", -1)[1]);
  }

  /** The round that an id is of. */
  static String roundOf(String id) {
    return id.substring(0, id.indexOf('.'));
  }

  /** As it is sent, byte for byte, but for its id the same each time. */
  byte[] request(int attempt) {
    return ("POST "
            + path
            + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            + "Anthropic-Version: 2023-06-01\r\nx-call: "
            + id(attempt)
            + (way.isKeyed() ? "\r\nIdempotency-Key: " + round + "-" + number : "")
            + "\r\nx-script: "
            + (attempt == 0 ? refusal : script)
            + "\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.US_ASCII);
  }
}

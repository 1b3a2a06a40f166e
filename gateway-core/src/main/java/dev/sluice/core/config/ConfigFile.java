package dev.sluice.core.config;

import dev.sluice.billing.price.PriceTable;
import io.netty.util.internal.PlatformDependent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A configuration file on disk to a {@link GatewayConfig}, or to all of its problems at once. Reads
 * files, so not for an event loop. Stateless.
 */
public final class ConfigFile {

  private static final int BYTES_MAX = 4 << 20;

  private ConfigFile() {}

  /** What became of a file. */
  public sealed interface Result {}

  /**
   * It is valid.
   *
   * @param notes what works, and may still not be meant
   * @param files all that were read: the configuration, then the price files that it names
   */
  public record Loaded(GatewayConfig config, List<Problem> notes, List<Path> files)
      implements Result {
    public Loaded {
      files = List.copyOf(files);
    }
  }

  /**
   * It is not.
   *
   * @param problems at least one, in the order of lines; line 0 where the file could not be read
   */
  public record Invalid(List<Problem> problems) implements Result {}

  /**
   * Loads a file. Never throws for what the file holds.
   *
   * @param environment value of a variable, null where it is not set; {@code System::getenv}
   */
  public static Result load(Path path, UnaryOperator<@Nullable String> environment) {
    return load(path, environment, PlatformDependent.maxDirectMemory() / 4);
  }

  /**
   * Likewise.
   *
   * @param heldMaxBytes what {@code streams.resume.total: 0} means on this machine
   */
  static Result load(Path path, UnaryOperator<@Nullable String> environment, long heldMaxBytes) {
    List<Problem> problems = new ArrayList<>();
    Reading file = open(path, environment, problems);
    if (file == null) {
      return invalid(problems);
    }
    file.checkKeys();
    Draft draft = Draft.read(file);
    List<Problem> notes = Combinations.check(draft, file, heldMaxBytes);
    PriceTable prices = draft.prices().load(file);
    draft.providers().values().forEach(p -> PriceTags.check(p.prices(), prices, file));
    return problems.isEmpty()
        ? new Loaded(
            draft.build(file, Runtime.getRuntime().availableProcessors(), heldMaxBytes, prices),
            inOrder(notes),
            files(path, draft.prices().paths(file)))
        : invalid(problems);
  }

  private static List<Path> files(Path configuration, List<Path> prices) {
    List<Path> files = new ArrayList<>();
    files.add(configuration);
    files.addAll(prices);
    return files;
  }

  /** What became of the question for a file's {@code keys.secret}. */
  public sealed interface SecretResult {}

  /**
   * The secret, or the default where the file names none.
   *
   * @param secret masked by {@link #toString}
   */
  public record Secret(String secret) implements SecretResult {
    @Override
    public String toString() {
      return "Secret[****]";
    }
  }

  /** The file could not be read, or its {@code keys.secret} is none. */
  public record NoSecret(List<Problem> problems) implements SecretResult {}

  /**
   * Reads nothing but {@code keys.secret}: a first key must be made while the file, which has no
   * key yet, is still invalid.
   */
  public static SecretResult keySecret(Path path, UnaryOperator<@Nullable String> environment) {
    List<Problem> problems = new ArrayList<>();
    Reading file = open(path, environment, problems);
    Found<String> secret = file == null ? null : file.get(Keys.KEYS_SECRET);
    return secret == null || !secret.isGood()
        ? new NoSecret(inOrder(problems))
        : new Secret(Draft.secretOrDefault(secret));
  }

  /** The file as a tree; null, and problems added, where there is none. */
  private static @Nullable Reading open(
      Path path, UnaryOperator<@Nullable String> environment, List<Problem> problems) {
    String file = path.toString();
    String text = FileText.read(path, BYTES_MAX, "YAML", problems);
    Node.Group root = text == null ? null : YamlTree.read(file, text, problems);
    Path directory = path.toAbsolutePath().getParent();
    return root == null || directory == null
        ? null
        : new Reading(file, directory, new Environment(environment), root, problems);
  }

  private static Invalid invalid(List<Problem> problems) {
    return new Invalid(inOrder(problems));
  }

  private static List<Problem> inOrder(List<Problem> problems) {
    return problems.stream().sorted(Comparator.comparingInt(Problem::line)).toList();
  }
}

package dev.sluice.core.config;

import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
   */
  public record Loaded(GatewayConfig config, List<Problem> notes) implements Result {}

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
    return problems.isEmpty()
        ? new Loaded(
            draft.build(file, Runtime.getRuntime().availableProcessors(), heldMaxBytes),
            inOrder(notes))
        : invalid(problems);
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
    String text = text(path, file, problems);
    Node.Group root = text == null ? null : YamlTree.read(file, text, problems);
    Path directory = path.toAbsolutePath().getParent();
    return root == null || directory == null
        ? null
        : new Reading(file, directory, new Environment(environment), root, problems);
  }

  private static @Nullable String text(Path path, String file, List<Problem> problems) {
    String fault;
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(BYTES_MAX + 1);
      if (bytes.length <= BYTES_MAX) {
        return decode(bytes, file, problems);
      }
      fault = "is larger than " + Kind.text(BYTES_MAX) + ", allowed up to that";
    } catch (NoSuchFileException e) {
      fault = "does not exist";
    } catch (AccessDeniedException e) {
      fault = "may not be read by this user";
    } catch (IOException e) {
      fault =
          Files.isDirectory(path) ? "is a directory" : "cannot be read (" + e.getMessage() + ")";
    }
    problems.add(new Problem(file, 0, "", "The file " + fault + ". Name a readable YAML file."));
    return null;
  }

  private static @Nullable String decode(byte[] bytes, String file, List<Problem> problems) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(in).toString();
      return text.startsWith("\ufeff") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      int line = 1;
      for (int i = 0; i < in.position(); i++) {
        line += bytes[i] == '\n' ? 1 : 0;
      }
      problems.add(
          new Problem(
              file,
              line,
              "",
              "The file is not UTF-8 from this line on, allowed UTF-8 text. Save it as UTF-8."));
      return null;
    }
  }

  private static Invalid invalid(List<Problem> problems) {
    return new Invalid(inOrder(problems));
  }

  private static List<Problem> inOrder(List<Problem> problems) {
    return problems.stream().sorted(Comparator.comparingInt(Problem::line)).toList();
  }
}

package dev.sluice.admin.prefix;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * The secret from which the gateway's fingerprints follow, in a file that outlives it: {@value
 * #FILE}, 64 hexadecimal digits and an end of line. With it an id of a prefix is the same after a
 * restart, and so is the account that the prefix belongs to; gateways with the same file agree.
 *
 * <p>The file is made at the first start, and never written again: what is there is somebody's.
 * Where it cannot be used, the gateway has a secret for this run, as if there were no file.
 */
public final class FingerprintSecret {

  static final String FILE = "fingerprint-secret";

  private static final int BYTES = 32;
  private static final Pattern DIGITS = Pattern.compile("[0-9a-fA-F]{" + 2 * BYTES + "}");

  /** More than that is another file. */
  private static final long FILE_MAX_BYTES = 1_024;

  private static final String PUT_RIGHT =
      "Put there a file of 64 hexadecimal digits, such as another gateway's, that the gateway can"
          + " read; or take it away, and one is made.";

  private FingerprintSecret() {}

  /**
   * What the file says; makes it where there is none. Blocks.
   *
   * @param directory made where it is missing
   * @param random unpredictable
   * @param trouble told at most once, in whole sentences without anything of the secret
   * @return 32 bytes
   */
  public static byte[] of(Path directory, RandomGenerator random, Consumer<String> trouble) {
    Path file = directory.resolve(FILE);
    byte[] drawn = new byte[BYTES];
    random.nextBytes(drawn);
    try {
      if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        WholeFile.makeDirectory(directory);
        String text = HexFormat.of().formatHex(drawn) + "\n";
        if (WholeFile.create(file, text.getBytes(StandardCharsets.US_ASCII))) {
          return drawn;
        }
      }
    } catch (IOException unwritable) {
      trouble.accept(
          sentence(
              file + " cannot be made (" + unwritable + ")",
              "Make its directory writable for the user that runs the gateway."));
      return drawn;
    }
    try {
      return read(file);
    } catch (IOException unreadable) {
      trouble.accept(sentence(file + " cannot be read (" + unreadable + ")", PUT_RIGHT));
    } catch (IllegalArgumentException foreign) {
      trouble.accept(sentence("In " + file + " " + foreign.getMessage(), PUT_RIGHT));
    }
    return drawn;
  }

  private static byte[] read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException("is no secret: it is no file");
    }
    long size = Files.size(file);
    String text =
        size > FILE_MAX_BYTES
            ? ""
            : new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).strip();
    if (!DIGITS.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "is no secret: " + size + " bytes that are not 64 hexadecimal digits");
    }
    return HexFormat.of().parseHex(text);
  }

  private static String sentence(String what, String todo) {
    return what
        + ". So the secret of fingerprints is a new one until the gateway ends: with each start"
        + " prefixes get other ids, and where a route has several accounts, warm prefixes move to"
        + " others and are paid for again. "
        + todo
        + " Then start again.";
  }
}

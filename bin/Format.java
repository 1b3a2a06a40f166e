import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Formats every Java file of the checkout, or says which are not formatted. Run by the build and by
 * {@code bin/format}, under the JDK that compiles: google-java-format uses its parser.
 *
 * <p>{@code java bin/Format.java JAR check|write}, in the root of the checkout.
 */
final class Format {

  private Format() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    boolean isCheck = args[1].equals("check");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", args[0]));
    command.addAll(isCheck ? List.of("--dry-run", "--set-exit-if-changed") : List.of("--replace"));
    // A list in a file: the names of all files may be longer than a command line can be.
    Path list = Files.createTempFile("format", ".txt");
    try {
      Files.write(list, sources());
      command.add("@" + list);
      int status = new ProcessBuilder(command).inheritIO().start().waitFor();
      if (status != 0 && isCheck) {
        System.err.println("The files above are not formatted. Run bin/format.");
      }
      System.exit(status);
    } finally {
      Files.delete(list);
    }
  }

  private static List<String> sources() throws IOException {
    try (var files = Files.walk(Path.of(""))) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !isBuilt(file))
          .map(Path::toString)
          .sorted()
          .toList();
    }
  }

  private static boolean isBuilt(Path file) {
    for (Path part : file) {
      if (part.toString().equals("target") || part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }
}

package dev.sluice.it.prove;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Plays one promise; see {@code src-it/README.md} for how each figure is measured. */
public final class Prove {

  private static final List<Promise> PROMISES =
      List.of(
          new Silence(),
          new PaidOnce(),
          new Fairness(),
          new Stampede(),
          new Metering(),
          new Speed(),
          new Invoice());

  private Prove() {}

  /**
   * Plays one promise and prints its line.
   *
   * @param args the promise's name
   */
  public static void main(String[] args) throws IOException {
    Promise promise = null;
    for (Promise each : PROMISES) {
      if (args.length == 1 && each.name().equals(args[0])) {
        promise = each;
      }
    }
    if (promise == null) {
      System.err.println(
          "prove: one name is needed, of: "
              + String.join(", ", PROMISES.stream().map(Promise::name).toList()));
      System.exit(2);
      return;
    }
    Path root = Path.of(System.getProperty("sluice.root", ".")).toAbsolutePath().normalize();
    Path work = Files.createTempDirectory("sluice-prove-");
    Figures figures = new Figures();
    boolean ok = false;
    try {
      ok = promise.play(new Ground(root, work), figures);
    } catch (Exception e) {
      figures.put("error", String.valueOf(e.getMessage()));
      e.printStackTrace();
    }
    if (ok) {
      delete(work);
    } else {
      System.err.println("prove: logs and configurations are kept in " + work);
    }
    System.out.println(figures.toJson(promise.name(), ok));
    System.exit(ok ? 0 : 1);
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> walk = Files.walk(directory)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}

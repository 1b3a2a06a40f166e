package dev.sluice.it.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Calls that are banned, each with what to use instead; and methods that grow. */
class TidyTest {

  /**
   * @param call what must not stand in the code
   * @param where regular expression of files in which it may stand all the same
   */
  record Ban(String call, String where, String instead) {
    @Override
    public String toString() {
      return call;
    }
  }

  private static final String WIRING =
      "gateway-admin/.*/admin/(Assembly|Main|[A-Za-z]+Command)\\.java|gateway-admin/.*/admin/(demo|log)/.*"
          + "|src-it/.*";
  // Figures that are counted on a loop and shown on another thread, labels shared by all loops, and
  // the snapshot of limits that a changed file replaces. What keeps prefixes warm has a thread of
  // its
  // own, is set and shown from others, and is called by no loop.
  private static final String CROSSINGS =
      "(?!gateway-(core|sse)/).*|gateway-core/.*/core/telemetry/.*"
          + "|gateway-core/.*/core/(quota/Pools|server/Connections|upstream/ConnectionPool)\\.java"
          + "|gateway-core/.*/core/warm/(KeepWarm|WarmTargets)\\.java";

  /** A prefix is one for all loops: its belief changes by compare-and-set, never under a lock. */
  private static final String SHARED =
      CROSSINGS + "|gateway-core/.*/core/prefix/(PrefixEntry|Waiter)\\.java";

  private static final String PRINTS = "gateway-admin/.*/admin/(cli/.*|Main\\.java)|src-it/.*";

  static final List<Ban> BANS =
      List.of(
          new Ban("Thread\\.sleep", "", "a deadline in SilenceWheel, or the signal waited for"),
          new Ban("TimeUnit\\.[A-Z]+\\.sleep", "src-it/.*", "a deadline in SilenceWheel"),
          new Ban("System\\.out\\b", PRINTS, "picocli's writer in a command, SLF4J elsewhere"),
          new Ban("System\\.err\\b", PRINTS, "picocli's writer in a command, SLF4J elsewhere"),
          new Ban(
              "\\.printStackTrace\\(",
              "src-it/.*",
              "LOG.error with the exception as last argument"),
          new Ban("new Timer\\(", "", "SilenceWheel"),
          new Ban("HashedWheelTimer", "", "SilenceWheel: it lives on the loop of its entries"),
          new Ban("System\\.currentTimeMillis", WIRING, "the injected InstantSource"),
          new Ban("System\\.nanoTime", WIRING, "the injected LongSupplier, or the wheel"),
          new Ban("Instant\\.now\\(\\)", WIRING, "the injected InstantSource"),
          new Ban("System::nanoTime", WIRING, "the injected LongSupplier, or the wheel"),
          new Ban("Math\\.random|ThreadLocalRandom", "src-it/.*", "the injected RandomGenerator"),
          new Ban("\\bsynchronized\\b|\\.locks\\.", CROSSINGS, "state with one loop"),
          new Ban("\\bvolatile\\b", SHARED, "state with one loop"),
          new Ban("\\.attr\\(", "", "a field of the handler: no attribute bags"),
          new Ban("fireUserEventTriggered", "", "a method call: no events between our classes"),
          new Ban("\\.(sync|await)\\(\\)", "(?!gateway-(core|sse)/).*", "a listener"));

  @ParameterizedTest
  @FieldSource("BANS")
  void aBannedCallIsNowhere(Ban ban) throws IOException {
    Pattern call = Pattern.compile(ban.call());
    List<String> found = new ArrayList<>();
    for (Path file : Sources.main()) {
      String name = Sources.nameOf(file);
      if (!name.matches(ban.where())) {
        String code = Sources.code(Files.readString(file));
        Matcher matcher = call.matcher(code);
        while (matcher.find()) {
          long line = code.substring(0, matcher.start()).chars().filter(c -> c == '\n').count();
          found.add(name + ":" + (line + 1));
        }
      }
    }
    assertThat(found)
        .as("%s is banned here; use %s. Where that is wrong, say why in BANS", ban, ban.instead())
        .isEmpty();
  }

  private static final int LONG = 70;
  private static final String BASELINE = "src-it/src/test/resources/long-methods.txt";

  /** The baseline may only shrink: a method that got shorter leaves it, or lowers its number. */
  @Test
  void noMethodGrowsBeyondAScreen() throws IOException {
    Map<String, Long> known = new TreeMap<>();
    for (String line : Files.readAllLines(Sources.root().resolve(BASELINE))) {
      if (!line.isBlank() && !line.startsWith("#")) {
        String[] parts = line.strip().split(" ", 2);
        known.put(parts[1], Long.parseLong(parts[0]));
      }
    }
    assertThat(longMethods())
        .as("methods longer than %s lines; split a new one, or correct %s", LONG, BASELINE)
        .isEqualTo(known);
  }

  private static Map<String, Long> longMethods() throws IOException {
    Map<String, Long> lengths = new TreeMap<>();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files =
        compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  files,
                  _ -> {},
                  null,
                  null,
                  files.getJavaFileObjectsFromPaths(Sources.main()));
      SourcePositions positions = Trees.instance(task).getSourcePositions();
      for (CompilationUnitTree unit : task.parse()) {
        String file = Sources.nameOf(Path.of(unit.getSourceFile().toUri()));
        unit.accept(
            new TreeScanner<Void, Void>() {
              @Override
              public Void visitMethod(MethodTree method, Void nothing) {
                long from = positions.getStartPosition(unit, method);
                long to = positions.getEndPosition(unit, method);
                if (from >= 0 && to >= 0) {
                  long lines =
                      unit.getLineMap().getLineNumber(to)
                          - unit.getLineMap().getLineNumber(from)
                          + 1;
                  if (lines > LONG) {
                    lengths.merge(file + "#" + method.getName(), lines, Math::max);
                  }
                }
                return super.visitMethod(method, null);
              }
            },
            null);
      }
    }
    return lengths;
  }
}

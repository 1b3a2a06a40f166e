package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code bin/gateway} in a checkout of its own, with a space in its path, a JDK that only prints
 * its arguments and a Maven that only leaves a jar.
 */
@DisabledOnOs(OS.WINDOWS)
class LauncherIT {

  @TempDir private Path temp;
  private Path checkout;
  private Path jdk;
  private Path tools;

  private record Run(int status, String out, String err) {}

  @BeforeEach
  void lay() throws IOException {
    checkout = temp.resolve("a check out");
    for (String script : List.of("gateway", "jdk.sh")) {
      copy(Path.of("../bin").resolve(script), checkout.resolve("bin").resolve(script));
    }
    write(checkout.resolve("pom.xml"), "<project/>");
    write(checkout.resolve("gateway-core/pom.xml"), "<project/>");
    write(checkout.resolve("gateway-core/src/main/java/A.java"), "class A {}");
    write(checkout.resolve("config/prices.yaml"), "prices:");
    jdk = temp.resolve("jdk 25");
    write(jdk.resolve("release"), "JAVA_VERSION=\"25.0.3\"\n");
    script(jdk.resolve("bin/java"), "for a in \"$@\"; do echo \"[$a]\"; done");
    tools = temp.resolve("tools");
    script(
        tools.resolve("mvn"),
        """
        echo "$@" >> calls
        echo "$JAVA_HOME" > java-home
        if [[ -f broken ]]; then echo "[ERROR] A.java:1: no" ; exit 1; fi
        mkdir -p gateway-admin/target/sluice
        [[ -f gateway-admin/target/sluice/sluice.jar ]] || echo jar > gateway-admin/target/sluice/sluice.jar
        """);
    for (String tool :
        List.of(
            "bash",
            "sed",
            "head",
            "find",
            "dirname",
            "readlink",
            "mkdir",
            "touch",
            "flock",
            "env")) {
      for (String directory : List.of("/usr/bin", "/bin")) {
        Path real = Path.of(directory, tool);
        Path link = tools.resolve(tool);
        if (Files.exists(real) && !Files.exists(link)) {
          Files.createSymbolicLink(link, real);
        }
      }
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    write(to, Files.readString(from));
    executable(to);
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    // Older than everything that the launcher will make.
    age(file, 60);
  }

  private static void script(Path file, String text) throws IOException {
    write(file, "#!/usr/bin/env bash\n" + text);
    executable(file);
  }

  private static void executable(Path file) {
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private Run run(Path launcher, Map<String, String> environment, String... args)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(args));
    Path out = temp.resolve("out");
    Path err = temp.resolve("err");
    var builder =
        new ProcessBuilder(command)
            .directory(temp.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", tools.toString());
    builder.environment().put("JAVA_HOME", jdk.toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Run(
        process.exitValue(),
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  private Run run(String... args) throws IOException, InterruptedException {
    return run(checkout.resolve("bin/gateway"), Map.of(), args);
  }

  private long builds() throws IOException {
    return Files.readAllLines(checkout.resolve("calls")).size();
  }

  @Test
  void theFirstUseBuildsAndTheNextDoesNot() throws Exception {
    Run first = run("demo", "--name", "two words");
    assertThat(first.status()).as(first.err()).isZero();
    assertThat(first.err().lines()).hasSize(1).first().asString().contains("building Sluice");
    assertThat(first.out())
        .contains(
            "[-XX:+UseG1GC]", "[-jar]", "/a check out/gateway-admin/target/sluice/sluice.jar]")
        .endsWith("[demo]\n[--name]\n[two words]\n");
    assertThat(Files.readString(checkout.resolve("java-home"))).contains("jdk 25");
    Run second = run("demo");
    assertThat(second.err()).isEmpty();
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void aChangedSourceBuildsOnceMoreEvenWhereTheJarStaysTheSame() throws Exception {
    assertThat(run("demo").status()).isZero();
    Path program = checkout.resolve("gateway-admin/target/sluice");
    age(program.resolve("sluice.jar"), 30);
    age(program.resolve(".built"), 20);
    age(checkout.resolve("gateway-core/src/main/java/A.java"), 10);
    // Our Maven leaves the jar as it is, and so does the real one where its content is the same.
    assertThat(run("demo").status()).isZero();
    assertThat(builds()).isEqualTo(2);
    assertThat(run("demo").status()).isZero();
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void aChangedPriceTableBuildsOnceMore() throws Exception {
    assertThat(run("demo").status()).isZero();
    Path program = checkout.resolve("gateway-admin/target/sluice");
    for (String source : List.of("pom.xml", "gateway-core/pom.xml", "config/prices.yaml")) {
      age(checkout.resolve(source), 40);
    }
    for (String part : List.of("src/main", "src/main/java", "src/main/java/A.java")) {
      age(checkout.resolve("gateway-core").resolve(part), 40);
    }
    age(program.resolve("sluice.jar"), 30);
    age(program.resolve(".built"), 20);
    assertThat(run("demo").status()).isZero();
    assertThat(builds()).isEqualTo(1);
    age(checkout.resolve("config/prices.yaml"), 10);
    assertThat(run("demo").status()).isZero();
    assertThat(builds()).isEqualTo(2);
  }

  private static void age(Path file, long seconds) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(seconds)));
  }

  @Test
  void itWorksThroughALink() throws Exception {
    Path link = temp.resolve("link");
    Files.createSymbolicLink(link, Path.of("a check out/bin/gateway"));
    Run run = run(link, Map.of(), "check");
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).endsWith("[check]\n");
  }

  @Test
  void javaOptsComeAfterTheFlagsSoThatTheyWin() throws Exception {
    Run run = run(checkout.resolve("bin/gateway"), Map.of("JAVA_OPTS", "-Xmx64m -XX:+UseZGC"));
    assertThat(run.out())
        .containsSubsequence("[-XX:+UseG1GC]", "[-Xmx64m]", "[-XX:+UseZGC]", "[-jar]");
  }

  @Test
  void aBuildThatFailsShowsItsErrorsAndStartsNothing() throws Exception {
    write(checkout.resolve("broken"), "");
    Run run = run("demo");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("[ERROR] A.java:1: no", "the build failed");
  }

  @Test
  void withoutMavenOneLineSaysSo() throws Exception {
    Files.delete(tools.resolve("mvn"));
    Run run = run("demo");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err().lines())
        .hasSize(1)
        .first()
        .asString()
        .contains("Maven (mvn) is not on the PATH");
  }

  @Test
  void withoutAJdkThatIsNewEnoughOneLineSaysSo() throws Exception {
    // Whatever this machine has installed is too old for a launcher that wants 99.
    Path finder = checkout.resolve("bin/jdk.sh");
    Files.writeString(finder, Files.readString(finder).replace("jdk_wanted=25", "jdk_wanted=99"));
    Run run = run("demo");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err().lines())
        .hasSize(1)
        .first()
        .asString()
        .contains("no JDK 99 or newer found");
  }

  @Test
  void anOldJavaHomeIsPassedOverForOneOnThePath() throws Exception {
    Path old = temp.resolve("jdk 17");
    write(old.resolve("release"), "JAVA_VERSION=\"17.0.15\"\n");
    script(old.resolve("bin/java"), "echo old");
    Files.createSymbolicLink(tools.resolve("java"), jdk.resolve("bin/java"));
    Run run = run(checkout.resolve("bin/gateway"), Map.of("JAVA_HOME", old.toString()), "demo");
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).endsWith("[demo]\n").doesNotContain("old");
    assertThat(Files.readString(checkout.resolve("java-home"))).contains("jdk 25");
  }
}

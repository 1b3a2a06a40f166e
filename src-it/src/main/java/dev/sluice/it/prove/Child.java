package dev.sluice.it.prove;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A process that a promise started; its output goes to a file. Closing it ends it. */
public final class Child implements AutoCloseable {

  private final String name;
  private final Process process;
  private final Path log;

  private Child(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /**
   * Starts one.
   *
   * @param name of its log, too
   * @param work where its log is
   */
  public static Child start(String name, List<String> command, Path work) throws IOException {
    Path log = work.resolve(name + ".log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    return new Child(name, process, log);
  }

  /** Launchers replace themselves by exec, so this is the program's own process. */
  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Process ids of its children. */
  List<Long> children() {
    try (Stream<ProcessHandle> children = process.children()) {
      return children.map(ProcessHandle::pid).toList();
    }
  }

  /** Process id of its first child, once it has one. */
  long awaitChild(Duration patience) {
    await("has a child", patience, () -> !children().isEmpty());
    return children().getFirst();
  }

  public void awaitLine(String text, Duration patience) {
    await("says \"" + text + "\"", patience, () -> Files.readString(log).contains(text));
  }

  public void awaitPort(int port, Duration patience) {
    await(
        "listens on " + port,
        patience,
        () -> {
          try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
          } catch (IOException refused) {
            return false;
          }
        });
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private void await(String what, Duration patience, Condition condition) {
    long until = System.nanoTime() + patience.toNanos();
    try {
      while (!condition.holds()) {
        if (!process.isAlive() || System.nanoTime() > until) {
          throw new IllegalStateException(
              name
                  + (process.isAlive() ? " never " : " ended before it ")
                  + what
                  + ". Its output: "
                  + Files.readString(log));
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** SIGKILL; returns when it is dead. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** SIGTERM, then, if need be, SIGKILL. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

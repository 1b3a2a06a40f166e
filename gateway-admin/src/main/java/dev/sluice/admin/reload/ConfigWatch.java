package dev.sluice.admin.reload;

import dev.sluice.core.config.ConfigFile;
import dev.sluice.core.config.GatewayConfig;
import dev.sluice.core.config.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the configuration file and the price files that it names once a second, and hands over
 * what they say when that has changed and is right. What is wrong is told in the log, and nothing
 * changes. The contents are compared, not the times: a mounted configuration is replaced by way of
 * links, whose own times stay.
 *
 * <p>A thread of its own, because files block.
 */
public final class ConfigWatch implements AutoCloseable {

  private static final Duration EVERY = Duration.ofSeconds(1);
  private static final byte[] NOTHING = {};
  private static final Logger LOG = LoggerFactory.getLogger(ConfigWatch.class);

  private final Supplier<ConfigFile.Result> load;
  private final Consumer<GatewayConfig> changed;
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Contents as last looked at. */
  private Map<Path, byte[]> seen = Map.of(); // before it is read for the first time

  ConfigWatch(List<Path> files, Supplier<ConfigFile.Result> load, Consumer<GatewayConfig> changed) {
    this.load = load;
    this.changed = changed;
    this.seen = contents(files, Map.of());
  }

  /**
   * Watches from now on.
   *
   * @param files of the configuration that is in effect, {@link ConfigFile.Loaded#files}
   * @param load reads them
   * @param changed hears of each change, on the watching thread
   */
  public static ConfigWatch start(
      List<Path> files, Supplier<ConfigFile.Result> load, Consumer<GatewayConfig> changed) {
    ConfigWatch watch = new ConfigWatch(files, load, changed);
    Thread.ofPlatform().daemon().name("sluice-config").start(watch::run);
    return watch;
  }

  private void run() {
    try {
      while (!closed.await(EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        look();
      }
    } catch (InterruptedException ending) {
      Thread.currentThread().interrupt();
    }
  }

  /** One look, at once. */
  void look() {
    Map<Path, byte[]> now = contents(List.copyOf(seen.keySet()), Map.of());
    List<Path> different =
        now.keySet().stream()
            .filter(file -> !Arrays.equals(now.get(file), seen.get(file)))
            .toList();
    if (different.isEmpty()) {
      return;
    }
    seen = now;
    try {
      switch (load.get()) {
        case ConfigFile.Loaded loaded -> {
          changed.accept(loaded.config());
          seen = contents(loaded.files(), now);
          LOG.info(
              "{} has changed: its teams, pools, quotas, budgets and prices are in effect; what"
                  + " else it changes is from the next start on",
              different);
        }
        case ConfigFile.Invalid invalid -> {
          LOG.warn("{} has changed and is not used, because of what follows", different);
          for (Problem problem : invalid.problems()) {
            LOG.warn("{}", problem);
          }
        }
      }
    } catch (RuntimeException bug) {
      LOG.error("{} has changed and could not be put in effect", different, bug);
    }
  }

  /**
   * What the files hold.
   *
   * @param read what is not looked at again: what came after it is a change to be noticed
   */
  private Map<Path, byte[]> contents(List<Path> files, Map<Path, byte[]> read) {
    Map<Path, byte[]> contents = new LinkedHashMap<>();
    for (Path file : files) {
      byte[] known = read.get(file);
      contents.put(file, known != null ? known : contents(file));
    }
    return contents;
  }

  /** A file that is being replaced may not be there for a moment: it is looked at again. */
  private byte[] contents(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException gone) {
      LOG.debug("{} cannot be read now", file, gone);
      return seen.getOrDefault(file, NOTHING);
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}

package dev.sluice.admin.reload;

import dev.sluice.core.config.ConfigFile;
import dev.sluice.core.config.GatewayConfig;
import dev.sluice.core.config.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the configuration file once a second, and hands over what it says when that has changed
 * and is right. What is wrong is told in the log, and nothing changes. The contents are compared,
 * not the times: a mounted configuration is replaced by way of links, whose own times stay.
 *
 * <p>A thread of its own, because files block.
 */
public final class ConfigWatch implements AutoCloseable {

  private static final Duration EVERY = Duration.ofSeconds(1);
  private static final Logger LOG = LoggerFactory.getLogger(ConfigWatch.class);

  private final Path file;
  private final Supplier<ConfigFile.Result> load;
  private final Consumer<GatewayConfig> changed;
  private final CountDownLatch closed = new CountDownLatch(1);
  private byte[] seen;

  ConfigWatch(Path file, Supplier<ConfigFile.Result> load, Consumer<GatewayConfig> changed) {
    this.file = file;
    this.load = load;
    this.changed = changed;
    this.seen = contents(new byte[0]);
  }

  /**
   * Watches from now on.
   *
   * @param load reads the file
   * @param changed hears of each change, on the watching thread
   */
  public static ConfigWatch start(
      Path file, Supplier<ConfigFile.Result> load, Consumer<GatewayConfig> changed) {
    ConfigWatch watch = new ConfigWatch(file, load, changed);
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
    byte[] now = contents(seen);
    if (Arrays.equals(now, seen)) {
      return;
    }
    seen = now;
    try {
      switch (load.get()) {
        case ConfigFile.Loaded loaded -> {
          changed.accept(loaded.config());
          LOG.info(
              "{} has changed: its pools and quotas are in effect; what else it changes is from the"
                  + " next start on",
              file);
        }
        case ConfigFile.Invalid invalid -> {
          LOG.warn("{} has changed and is not used, because of what follows", file);
          for (Problem problem : invalid.problems()) {
            LOG.warn("{}", problem);
          }
        }
      }
    } catch (RuntimeException bug) {
      LOG.error("{} has changed and could not be put in effect", file, bug);
    }
  }

  /** A file that is being replaced may not be there for a moment: it is looked at again. */
  private byte[] contents(byte[] otherwise) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException gone) {
      LOG.debug("{} cannot be read now", file, gone);
      return otherwise;
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}

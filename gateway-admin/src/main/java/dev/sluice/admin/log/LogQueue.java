package dev.sluice.admin.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.spi.AppenderAttachable;
import ch.qos.logback.core.spi.AppenderAttachableImpl;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes log lines from any thread, event loops among them, and writes them on a thread of its own.
 * It never makes a caller wait: when the queue is full a line is dropped, and the drops are counted
 * and reported as a line of their own as soon as there is room. (Logback's own asynchronous
 * appender either blocks its callers or drops lines without a word.)
 *
 * <p>Created by logback from {@code logback.xml}; what it writes to is attached there.
 */
public final class LogQueue extends UnsynchronizedAppenderBase<ILoggingEvent>
    implements AppenderAttachable<ILoggingEvent> {

  private static final int SIZE_USUAL = 8192;
  private static final Duration STOP_MAX = Duration.ofSeconds(2);

  private final AppenderAttachableImpl<ILoggingEvent> targets = new AppenderAttachableImpl<>();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder taken = new LongAdder();
  private int size = SIZE_USUAL;
  private @Nullable ArrayBlockingQueue<ILoggingEvent> queue;
  private @Nullable Thread writer;
  private @Nullable Thread atExit;

  private final LongAdder written = new LongAdder();

  /** Only the writer touches it. */
  private long droppedReported;

  /** Lines that may wait. For {@code logback.xml}; before {@link #start}. */
  public void setSize(int size) {
    this.size = size;
  }

  /** The queue in front of the process's log, or null where it is configured without one. */
  public static @Nullable LogQueue ofProcess() {
    return LoggerFactory.getILoggerFactory() instanceof LoggerContext context
            && context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("QUEUE")
                instanceof LogQueue queue
        ? queue
        : null;
  }

  /** Lines dropped since the start; never falls. From any thread. */
  public long dropped() {
    return dropped.sum();
  }

  /**
   * Waits until what has been logged so far is written: the last thing that a program does. From
   * any thread but an event loop.
   *
   * @return whether it was all written in time
   */
  public boolean flush(Duration atMost) {
    long goal = taken.sum();
    long end = System.nanoTime() + atMost.toNanos();
    while (written.sum() < goal) {
      if (System.nanoTime() - end > 0 || Thread.interrupted()) {
        return false;
      }
      LockSupport.parkNanos(1_000_000);
    }
    return true;
  }

  @Override
  public void start() {
    var lines = new ArrayBlockingQueue<ILoggingEvent>(size);
    queue = lines;
    writer = Thread.ofPlatform().daemon().name("log").unstarted(() -> write(lines));
    super.start();
    writer.start();
    // A program that ends by itself has often just said why.
    atExit = new Thread(() -> flush(STOP_MAX), "log-at-exit");
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  @Override
  public void stop() {
    if (isStarted()) {
      super.stop();
      boolean all = flush(STOP_MAX);
      if (writer != null) {
        writer.interrupt();
      }
      if (!all) {
        addWarn("the log was closed before all of its lines were written");
      }
      targets.detachAndStopAllAppenders();
      forgetExit();
    }
  }

  private void forgetExit() {
    if (atExit != null) {
      try {
        Runtime.getRuntime().removeShutdownHook(atExit);
      } catch (IllegalStateException exiting) {
        addInfo("stopped while the program ends");
      }
    }
  }

  @Override
  protected void append(ILoggingEvent event) {
    if (queue == null) {
      return;
    }
    // Formats the message and notes the thread here: both may have changed when it is written.
    event.prepareForDeferredProcessing();
    if (queue.offer(event)) {
      taken.increment();
    } else {
      dropped.increment();
    }
  }

  private void write(ArrayBlockingQueue<ILoggingEvent> lines) {
    try {
      while (true) {
        ILoggingEvent event = lines.poll(1, TimeUnit.SECONDS);
        if (event != null) {
          targets.appendLoopOnAppenders(event);
          written.increment();
        }
        reportDrops();
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private void reportDrops() {
    long now = dropped.sum();
    if (now > droppedReported && getContext() instanceof LoggerContext context) {
      long lines = now - droppedReported;
      droppedReported = now;
      targets.appendLoopOnAppenders(
          new LoggingEvent(
              LogQueue.class.getName(),
              context.getLogger(LogQueue.class),
              Level.WARN,
              "{} log lines were dropped: they came faster than they could be written",
              null,
              new Object[] {lines}));
    }
  }

  @Override
  public void addAppender(Appender<ILoggingEvent> appender) {
    targets.addAppender(appender);
  }

  @Override
  public Iterator<Appender<ILoggingEvent>> iteratorForAppenders() {
    return targets.iteratorForAppenders();
  }

  @Override
  public Appender<ILoggingEvent> getAppender(String name) {
    return targets.getAppender(name);
  }

  @Override
  public boolean isAttached(Appender<ILoggingEvent> appender) {
    return targets.isAttached(appender);
  }

  @Override
  public void detachAndStopAllAppenders() {
    targets.detachAndStopAllAppenders();
  }

  @Override
  public boolean detachAppender(Appender<ILoggingEvent> appender) {
    return targets.detachAppender(appender);
  }

  @Override
  public boolean detachAppender(String name) {
    return targets.detachAppender(name);
  }
}

package dev.sluice.sse.journal;

import io.netty.util.concurrent.AbstractEventExecutor;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** An event loop that runs its tasks when the test says so. */
final class ManualLoop extends AbstractEventExecutor {

  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final DefaultPromise<Void> end = new DefaultPromise<>(GlobalEventExecutor.INSTANCE);
  private boolean isRunning;
  private boolean isShutdown;

  /** Runs something as a task of this loop, now. */
  void run(Runnable task) {
    isRunning = true;
    try {
      task.run();
    } finally {
      isRunning = false;
    }
  }

  /** Runs at most so many of the tasks that wait. */
  void runTasks(int most) {
    for (int i = 0; i < most && !tasks.isEmpty(); i++) {
      run(tasks.remove());
    }
  }

  boolean hasTasks() {
    return !tasks.isEmpty();
  }

  /** Runs what waits; from then on tasks are refused. */
  void end() {
    runTasks(Integer.MAX_VALUE);
    isShutdown = true;
  }

  @Override
  public void execute(Runnable task) {
    if (isShutdown) {
      throw new RejectedExecutionException("shut down");
    }
    tasks.add(task);
  }

  @Override
  public boolean inEventLoop(Thread thread) {
    return isRunning;
  }

  @Override
  public boolean isShuttingDown() {
    return isShutdown;
  }

  @Override
  public boolean isShutdown() {
    return isShutdown;
  }

  @Override
  public boolean isTerminated() {
    return isShutdown;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return isShutdown;
  }

  @Override
  public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
    end();
    return end;
  }

  @Override
  public Future<?> terminationFuture() {
    return end;
  }

  @Override
  @Deprecated
  public void shutdown() {
    end();
  }
}

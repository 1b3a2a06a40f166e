package dev.sluice.admin.quota;

import dev.sluice.billing.admission.Admission;
import dev.sluice.billing.admission.Pool;
import dev.sluice.billing.admission.PoolView;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Pools as they are now. Waits for an answer: never on an event loop. */
public final class PoolPictures {

  private static final long WAIT_SECONDS = 2;

  private final Admission admission;

  public PoolPictures(Admission admission) {
    this.admission = admission;
  }

  /** All pools, in the order of the configuration. */
  public List<PoolView> all() {
    List<CompletableFuture<PoolView>> asked = new ArrayList<>();
    for (Pool pool : admission.pools()) {
      asked.add(ask(pool));
    }
    List<PoolView> views = new ArrayList<>();
    asked.forEach(each -> views.add(answer(each)));
    return views;
  }

  /** One pool, or null where there is none of this name. */
  public @Nullable PoolView one(String name) {
    Pool pool = admission.pool(name);
    return pool == null ? null : answer(ask(pool));
  }

  /** Its settings with the promises they make, or null. */
  public @Nullable Pool pool(String name) {
    return admission.pool(name);
  }

  private static CompletableFuture<PoolView> ask(Pool pool) {
    CompletableFuture<PoolView> answer = new CompletableFuture<>();
    pool.view(Runnable::run, answer::complete);
    return answer;
  }

  private static PoolView answer(CompletableFuture<PoolView> asked) {
    try {
      return asked.get(WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a pool was asked", closing);
    } catch (ExecutionException | TimeoutException late) {
      throw new IllegalStateException(
          "a pool gave no picture of itself within " + WAIT_SECONDS + " s", late);
    }
  }
}

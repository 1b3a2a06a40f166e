package dev.sluice.admin.api;

import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Providers' limits and teams' shares of them as they stand, and how good the estimates are. */
public final class PoolsApi {

  /** What is answered. */
  private record Pools(List<?> pools) {}

  /** What is answered. */
  private record Drift(List<?> cells) {}

  private final Supplier<List<?>> pools;
  private final Function<String, @Nullable Object> pool;
  private final Supplier<List<?>> drift;

  /**
   * @param pools records that become JSON; asked on virtual threads, may block for a moment
   * @param pool one of them by its name, or null
   * @param drift likewise
   */
  public PoolsApi(
      Supplier<List<?>> pools, Function<String, @Nullable Object> pool, Supplier<List<?>> drift) {
    this.pools = pools;
    this.pool = pool;
    this.drift = drift;
  }

  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint("GET", "/admin/v1/pools", false, this::all),
        new Endpoint("GET", "/admin/v1/pools/{name}", false, this::one),
        new Endpoint("GET", "/admin/v1/drift", false, this::drift));
  }

  private AdminAnswer all(AdminRequest request) {
    AdminAnswer no = new Query(request, List.of()).refusal();
    return no != null ? no : AdminAnswer.json(new Pools(pools.get()));
  }

  private AdminAnswer drift(AdminRequest request) {
    AdminAnswer no = new Query(request, List.of()).refusal();
    return no != null ? no : AdminAnswer.json(new Drift(drift.get()));
  }

  private AdminAnswer one(AdminRequest request) {
    AdminAnswer no = new Query(request, List.of()).refusal();
    if (no != null) {
      return no;
    }
    Object found = pool.apply(request.parameter("name"));
    return found != null
        ? AdminAnswer.json(found)
        : AdminAnswer.problem(
            404,
            "Not Found",
            "no_such_pool",
            "No pool has this name. GET /admin/v1/pools lists those there are.");
  }
}

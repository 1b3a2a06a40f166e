package dev.sluice.admin.api;

import dev.sluice.core.telemetry.Exposition;
import dev.sluice.core.telemetry.Meters;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What the gateway has seen: metrics, and at which silence clients vanish. */
public final class TelemetryApi {

  private final Meters meters;
  private final Supplier<?> idleLimits;

  /**
   * @param idleLimits gives a record, list or map that becomes JSON; called on a virtual thread
   */
  public TelemetryApi(Meters meters, Supplier<?> idleLimits) {
    this.meters = meters;
    this.idleLimits = idleLimits;
  }

  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint("GET", "/metrics", false, this::metrics),
        new Endpoint("GET", "/admin/v1/idle-limits", false, this::idleLimits));
  }

  private AdminAnswer idleLimits(AdminRequest request) {
    AdminAnswer no = new Query(request, List.of()).refusal();
    return no != null ? no : AdminAnswer.json(idleLimits.get());
  }

  private AdminAnswer metrics(AdminRequest request) {
    Exposition exposition = meters.scrape(request.headers().get("Accept"));
    return new AdminAnswer(200, exposition.contentType(), Map.of(), exposition.body());
  }
}

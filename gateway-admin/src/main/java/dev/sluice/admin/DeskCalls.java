package dev.sluice.admin;

import dev.sluice.admin.api.CallsApi;
import dev.sluice.core.flow.CallDesk;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** The calls of the client port, in the words of the admin port. */
final class DeskCalls implements CallsApi.Calls {

  private final CallDesk desk;

  DeskCalls(CallDesk desk) {
    this.desk = desk;
  }

  @Override
  public List<CallsApi.CallView> list() {
    try {
      return desk.list().stream().map(DeskCalls::view).toList();
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  @Override
  public CallsApi.Cancel cancel(String id) {
    try {
      CallDesk.Card before = desk.cancel(id);
      if (before == null) {
        return CallsApi.Cancel.UNKNOWN;
      }
      return before.state() == CallDesk.State.FINISHED
          ? CallsApi.Cancel.FINISHED
          : CallsApi.Cancel.CANCELLED;
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
      return CallsApi.Cancel.UNKNOWN;
    }
  }

  private static CallsApi.CallView view(CallDesk.Card card) {
    return new CallsApi.CallView(
        card.id(),
        card.team(),
        card.route(),
        card.provider(),
        card.model(),
        card.stream(),
        card.state().name().toLowerCase(Locale.ROOT),
        card.ageNanos() / (double) TimeUnit.SECONDS.toNanos(1),
        card.cursors(),
        card.bytes(),
        card.isResumable(),
        card.phase());
  }
}

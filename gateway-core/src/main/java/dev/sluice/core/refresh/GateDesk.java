package dev.sluice.core.refresh;

import dev.sluice.core.prefix.GateMode;
import dev.sluice.core.prefix.PrefixGate;
import dev.sluice.core.prefix.PrefixId;
import dev.sluice.core.prefix.PrefixView;
import dev.sluice.core.warm.KnownPrefix;
import dev.sluice.core.warm.RegisteredPrefix;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The gate, as those see it who keep prefixes warm: what it believes, and what is registered for
 * it. One thread at a time for {@link #register}, any for the rest.
 */
public final class GateDesk {

  /** Of those that nobody registered, as many as are looked at. */
  private static final int LEARNED_MAX = 500;

  private final PrefixGate gate;
  private final RequestReader reader;

  /** Empty where nothing would be cached. */
  private Map<RegisteredPrefix, Optional<RegisteredRequest>> read = Map.of();

  private Map<PrefixId, RegisteredPrefix> names = Map.of();

  public GateDesk(PrefixGate gate, RequestReader reader) {
    this.gate = gate;
    this.reader = reader;
  }

  /** What is believed of all that is registered, and of what traffic has shown most of. */
  public List<KnownPrefix> known() {
    return gate.views(LEARNED_MAX).stream()
        .map(
            view ->
                new KnownPrefix(
                    view.id(),
                    null,
                    view.id().account(),
                    view.model(),
                    view.tokens(),
                    view.warmForNanos() > 0 && !view.state().equals("suspect"),
                    view.atNanos() + view.warmForNanos(),
                    view.lifetimeNanos(),
                    view.lastUseNanos(),
                    view.writeNanos()))
        .toList();
  }

  /** By the text of their ids. */
  public Map<String, PrefixFigures> figures() {
    Map<String, PrefixFigures> figures = new HashMap<>();
    for (PrefixView view : gate.views(LEARNED_MAX)) {
      figures.put(
          view.id().text(),
          new PrefixFigures(
              view.name(),
              view.state(),
              view.gate().name().toLowerCase(Locale.ROOT),
              view.calls(),
              view.writes(),
              view.readTokens(),
              view.writtenTokens(),
              view.followers(),
              view.bypasses(),
              view.evictions(),
              view.wasted(),
              view.saved()));
    }
    return figures;
  }

  /**
   * What is registered now; what was before and is no longer is forgotten. Of two names of one
   * prefix the first holds.
   */
  public void register(List<RegisteredPrefix> all) {
    Map<RegisteredPrefix, Optional<RegisteredRequest>> now = new HashMap<>();
    Map<PrefixId, RegisteredPrefix> first = new HashMap<>();
    for (RegisteredPrefix each : all) {
      Optional<RegisteredRequest> found = read.get(each);
      if (found == null) {
        found = Optional.ofNullable(reader.of(each.route(), each.request()));
      }
      now.put(each, found);
      found.ifPresent(request -> register(each, request, first));
    }
    names.keySet().stream().filter(id -> !first.containsKey(id)).forEach(gate::unregister);
    read = now;
    names = first;
  }

  private void register(
      RegisteredPrefix each, RegisteredRequest found, Map<PrefixId, RegisteredPrefix> first) {
    PrefixId id = found.prefix().id();
    if (first.putIfAbsent(id, each) == null && !each.equals(names.get(id))) {
      gate.register(found.prefix(), found.model(), each.name(), mode(each.gate()));
    }
  }

  private static @Nullable GateMode mode(RegisteredPrefix.@Nullable Gate gate) {
    return switch (gate) {
      case null -> null;
      case OBSERVE -> GateMode.OBSERVE;
      case ON -> GateMode.ON;
    };
  }
}

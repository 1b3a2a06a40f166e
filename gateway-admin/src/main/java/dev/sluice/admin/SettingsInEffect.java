package dev.sluice.admin;

import dev.sluice.core.config.EffectiveSetting;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The settings that are in effect, of a file that changes while this runs. Any thread. */
final class SettingsInEffect {

  /** Sections that are read again when the file has changed. */
  private static final List<String> APPLIED = List.of("teams.", "pools.", "prices.");

  private final List<EffectiveSetting> atStart;
  private volatile List<EffectiveSetting> now;

  SettingsInEffect(List<EffectiveSetting> atStart) {
    this.atStart = atStart;
    this.now = atStart;
  }

  List<EffectiveSetting> all() {
    return now;
  }

  /** What a changed file says where that is in effect, else what it said at the start. */
  void apply(List<EffectiveSetting> changed) {
    Predicate<EffectiveSetting> isApplied =
        setting -> APPLIED.stream().anyMatch(setting.name()::startsWith);
    now =
        Stream.concat(
                atStart.stream().filter(isApplied.negate()), changed.stream().filter(isApplied))
            .sorted(Comparator.comparing(EffectiveSetting::name))
            .toList();
  }
}

package dev.sluice.admin.api;

import dev.sluice.core.config.EffectiveSetting;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Every setting as it is in effect; secrets are masked. */
public final class ConfigApi {

  /**
   * One setting.
   *
   * @param isDefault whether the file does not give it
   * @param line where the file gives it; null where it does not
   */
  record SettingCard(String name, String value, boolean isDefault, @Nullable Integer line) {

    static SettingCard of(EffectiveSetting setting) {
      return new SettingCard(
          setting.name(),
          setting.value(),
          setting.isDefault(),
          setting.line() == 0 ? null : setting.line());
    }
  }

  private final Supplier<List<EffectiveSetting>> settings;

  /**
   * @param settings by name
   */
  public ConfigApi(Supplier<List<EffectiveSetting>> settings) {
    this.settings = settings;
  }

  public List<Endpoint> endpoints() {
    return List.of(new Endpoint("GET", "/admin/v1/config", false, this::list));
  }

  private AdminAnswer list(AdminRequest request) {
    Query query = new Query(request, List.of("prefix", "limit", "after"));
    Paging paging = new Paging(request, query);
    AdminAnswer no = query.refusal();
    if (no != null) {
      return no;
    }
    String prefix = query.text("prefix");
    List<EffectiveSetting> asked =
        settings.get().stream()
            .filter(setting -> prefix == null || setting.name().startsWith(prefix))
            .toList();
    return paging.page("settings", asked, EffectiveSetting::name, SettingCard::of);
  }
}

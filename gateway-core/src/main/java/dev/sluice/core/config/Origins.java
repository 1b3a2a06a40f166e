package dev.sluice.core.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Web origins, as browsers write them (RFC 6454 section 6.2). */
final class Origins {

  static final String ALL = "*";

  private static final Map<String, Integer> USUAL_PORTS = Map.of("http", 80, "https", 443);
  private static final String EXAMPLE = "Write it like https://app.example.com.";

  private Origins() {}

  /** An origin in the form in which it is compared: small letters, no usual port; or {@code *}. */
  static Kind<String> kind() {
    return new Kind<>(
        "list of origins",
        "scheme://host, at most with a port, or *",
        false,
        text -> {
          if (text.equals(ALL)) {
            return new Kind.Good<>(text);
          }
          URI uri = uri(text);
          String scheme = uri == null ? null : uri.getScheme();
          String host = uri == null ? null : uri.getHost();
          if (uri == null || scheme == null || host == null || uri.getPort() > 65535) {
            return new Kind.Bad<>("is not an origin", EXAMPLE);
          }
          String origin = scheme + "://" + host;
          Integer usual = USUAL_PORTS.get(scheme.toLowerCase(Locale.ROOT));
          if (uri.getPort() >= 0 && (usual == null || uri.getPort() != usual)) {
            origin += ":" + uri.getPort();
          }
          boolean isMore =
              !uri.getRawPath().isEmpty()
                  || uri.getRawQuery() != null
                  || uri.getRawFragment() != null
                  || uri.getRawUserInfo() != null;
          return isMore
              ? new Kind.Bad<>("is more than an origin", "Write " + Shown.name(origin) + ".")
              : new Kind.Good<>(origin.toLowerCase(Locale.ROOT));
        });
  }

  private static @Nullable URI uri(String text) {
    try {
      return new URI(text);
    } catch (URISyntaxException e) {
      return null;
    }
  }
}

package dev.sluice.admin.api;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A long list in pages: {@code ?limit=} of them {@code ?after=} a place that the page before named.
 * A place is the name of the last thing on that page, so whatever comes and goes meanwhile, what
 * stays is seen exactly once.
 */
final class Paging {

  /** What a list's query takes. */
  static final List<String> PARAMETERS = List.of("limit", "after");

  private final AdminRequest request;
  private final Query query;
  private final int limit;
  private final @Nullable String after;

  /** What is wrong with the parameters is kept in the query. */
  Paging(AdminRequest request, Query query) {
    this.request = request;
    this.query = query;
    this.limit = query.limit();
    String text = query.text("after");
    this.after = text == null ? null : decoded(text);
    if (text != null && after == null) {
      query.bad("after", "what \"next\" of the page before says");
    }
  }

  int limit() {
    return limit;
  }

  /** The name behind which the page begins; null for the first page. */
  @Nullable String after() {
    return after;
  }

  /**
   * One page of a whole list.
   *
   * @param name what they are called in the answer
   * @param all in the order of their places
   * @param place of each, unique, and rising as texts
   * @param card what is shown of each
   */
  <T> AdminAnswer page(String name, List<T> all, Function<T, String> place, Function<T, ?> card) {
    List<T> page = new ArrayList<>();
    String next = null;
    for (T each : all) {
      if (after == null || place.apply(each).compareTo(after) > 0) {
        if (page.size() == limit) {
          next = place.apply(page.getLast());
          break;
        }
        page.add(each);
      }
    }
    return answer(name, page.stream().map(card).toList(), next);
  }

  /**
   * A page that somebody else has cut.
   *
   * @param next place of its last thing, where there are more; else null
   */
  AdminAnswer answer(String name, List<?> cards, @Nullable String next) {
    String token = next == null ? null : encoded(next);
    Map<String, Object> members = new LinkedHashMap<>();
    members.put(name, cards);
    members.put("next", token);
    return AdminAnswer.json(200, members, token == null ? Map.of() : Map.of("Link", link(token)));
  }

  /** RFC 8288; a reference without scheme and host, which whoever stands in front may change. */
  private String link(String token) {
    Map<String, String> parameters = new LinkedHashMap<>(query.values());
    parameters.put("after", token);
    StringBuilder link = new StringBuilder("<").append(request.path());
    char mark = '?';
    for (Map.Entry<String, String> parameter : parameters.entrySet()) {
      link.append(mark).append(parameter.getKey()).append('=');
      link.append(
          URLEncoder.encode(parameter.getValue(), StandardCharsets.UTF_8).replace("+", "%20"));
      mark = '&';
    }
    return link.append(">; rel=\"next\"").toString();
  }

  private static String encoded(String place) {
    byte[] bytes = place.getBytes(StandardCharsets.UTF_8);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static @Nullable String decoded(String token) {
    try {
      return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException none) {
      return null;
    }
  }
}

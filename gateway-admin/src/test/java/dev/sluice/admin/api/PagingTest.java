package dev.sluice.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class PagingTest {

  private static final List<String> KNOWN = List.of("limit", "after", "team");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static AdminAnswer page(Iterable<String> all, String query) {
    AdminRequest request = Asked.get("/things", query);
    Query read = new Query(request, KNOWN);
    Paging paging = new Paging(request, read);
    AdminAnswer no = read.refusal();
    List<String> list = new ArrayList<>();
    all.forEach(list::add);
    return no != null ? no : paging.page("things", list, each -> each, each -> each);
  }

  @Test
  void whatStaysIsSeenOnceWhateverComesAndGoes() {
    var all = new TreeSet<String>();
    for (int i = 100; i < 200; i++) {
      all.add("t" + i);
    }
    List<String> seen = new ArrayList<>();
    String query = "limit=7";
    for (int turn = 0; !query.isEmpty(); turn++) {
      JsonNode page = JSON.readTree(page(all, query).body());
      page.path("things").forEach(each -> seen.add(each.asString()));
      query = page.path("next").isNull() ? "" : "limit=7&after=" + page.path("next").asString();
      all.remove(seen.getLast()); // the very place from which the next one goes on
      all.add("s" + turn); // before all
    }
    assertThat(seen).doesNotHaveDuplicates().hasSize(100).isSorted();
  }

  @Test
  void theLastPageSaysSoAndTheOthersLinkToTheNextWithTheSameFilter() {
    AdminAnswer first = page(List.of("a", "b", "c"), "team=x%20y&limit=2");
    assertThat(Asked.text(first)).isEqualTo("{\"things\":[\"a\",\"b\"],\"next\":\"Yg\"}");
    assertThat(first.headers())
        .containsEntry("Link", "</things?team=x%20y&limit=2&after=Yg>; rel=\"next\"");
    AdminAnswer last = page(List.of("a", "b", "c"), "limit=2&after=Yg");
    assertThat(Asked.text(last)).isEqualTo("{\"things\":[\"c\"],\"next\":null}");
    assertThat(last.headers()).isEmpty();
    assertThat(Asked.text(page(List.of("a", "b"), "limit=2"))).contains("\"next\":null");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit",
        "limit=1&limit=2",
        "after=%%",
        "after=*",
        "after=%00",
        "other=1",
        "LIMIT=1"
      })
  void parametersThatAreNoneAreRefused(String query) {
    AdminAnswer answer = page(List.of("a"), query);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(Asked.text(answer)).containsAnyOf("bad_parameter", "unknown_parameter");
  }
}

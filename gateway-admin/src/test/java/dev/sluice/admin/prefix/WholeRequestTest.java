package dev.sluice.admin.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.warm.PrefixReader.Cacheable;
import dev.sluice.core.warm.PrefixReader.NotCacheable;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WholeRequestTest {

  private final WholeRequest reader = new WholeRequest(Map.of("main", "anthropic"));

  private static String request(String text) {
    return "{\"model\": \"claude\", \"system\": \"" + text.repeat(1_000) + "\"}";
  }

  private Cacheable found(String request) {
    return (Cacheable) reader.read("main", request);
  }

  private String reason(String route, String request) {
    return ((NotCacheable) reader.read(route, request)).reason();
  }

  @Test
  void equalRequestsAreOnePrefixAndOthersAreOthers() {
    Cacheable one = found(request("some "));
    assertThat(one).isEqualTo(found(request("some ")));
    assertThat(one.id()).isNotEqualTo(found(request("more ")).id());
    assertThat(one.provider()).isEqualTo("anthropic");
    assertThat(one.model()).isEqualTo("claude");
    assertThat(one.tokens()).isEqualTo(Math.ceilDiv(request("some ").length(), 4));
  }

  @Test
  void whatCannotBeCachedIsToldWithWhatToDo() {
    assertThat(reason("none", request("some "))).contains("\"none\"").contains("Known: main");
    assertThat(reason("main", "{}")).contains("\"model\"");
    assertThat(reason("main", "{\"model\": 5}")).contains("\"model\"");
    assertThat(reason("main", "{\"model\": \"claude\"}")).contains("no provider caches less");
  }
}

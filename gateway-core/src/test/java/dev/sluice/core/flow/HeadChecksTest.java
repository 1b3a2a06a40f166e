package dev.sluice.core.flow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.team.TeamId;
import dev.sluice.core.dialect.Route;
import dev.sluice.sse.keepalive.KeepAlive;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeadChecksTest {

  @Test
  void aModelIsOfferedWhereAPatternCoversAllOfIt() {
    List<String> patterns = List.of("gpt-5.4*", "o4-mini", "claude-*-4-5");
    for (String offered : List.of("gpt-5.4", "gpt-5.4-mini", "o4-mini", "claude-haiku-4-5")) {
      assertThat(HeadChecks.modelRefusal(policy(patterns), offered)).as(offered).isNull();
    }
    for (String other : List.of("gpt-5", "xgpt-5.4", "o4-mini-2", "claude-haiku-4-5x", "")) {
      assertThat(HeadChecks.modelRefusal(policy(patterns), other)).as(other).isNotNull();
    }
  }

  @Test
  void withoutPatternsEveryModelIsOffered() {
    assertThat(HeadChecks.modelRefusal(policy(List.of()), "anything")).isNull();
    assertThat(HeadChecks.modelRefusal(policy(List.of("a")), null)).isNull();
  }

  private static RoutePolicy policy(List<String> models) {
    Duration second = Duration.ofSeconds(1);
    return new RoutePolicy(
        new Route("r", "", Route.Family.OPENAI),
        List.of(new ProviderAccount("p", null, null)),
        RoutePolicy.Clients.OPEN,
        new TeamId("t"),
        models,
        true,
        second,
        second,
        second,
        1,
        new KeepAlive(true, second, 20, KeepAlive.Style.AUTO, second, false),
        new OrphanPolicy(OrphanPolicy.Kind.BUDGET, second));
  }
}

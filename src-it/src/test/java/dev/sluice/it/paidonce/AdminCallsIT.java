package dev.sluice.it.paidonce;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.admin.demo.ReceivedRequest;
import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.Bodies;
import dev.sluice.it.fixtures.Counted;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.NoLeaks;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import dev.sluice.it.fixtures.Team;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** An operator sees the calls that are at work, and can end one. */
@ExtendWith(NoLeaks.class)
class AdminCallsIT {

  private static final String PACED = "events=200;size=6;pace=20ms";
  private static final Pattern ID = Pattern.compile("(?i)sluice-request-id: (\\S+)");

  private static Counted provider;
  private static GatewayUnderTest gateway;
  private static Team team;
  private static AdminPort admin;
  static final List<Bodies.Stream> STREAMS = Bodies.STREAMS;

  @BeforeAll
  static void start() {
    provider = new Counted();
    gateway = GatewayUnderTest.start(provider.baseUrl(), GatewayUnderTest.QUICK);
    team = Team.of(gateway);
    admin = AdminPort.of(gateway);
  }

  @AfterAll
  static void stop() {
    gateway.close();
    provider.close();
  }

  @BeforeEach
  void forget() {
    provider.forget();
  }

  private static String idOf(RawClient client) {
    Matcher matcher = ID.matcher(String.join("", client.reads()));
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  @Test
  void aCallAtWorkIsListedWithItsCursors() throws Exception {
    Bodies.Stream asked = Team.fresh(STREAMS.getFirst());
    String id = Team.freshId();
    try (RawClient one = team.open(asked, PACED, id).await("w1 ");
        RawClient two = team.open(asked, PACED, id).await("w1 ")) {
      RawAnswer list = admin.get("/admin/v1/calls");
      assertThat(list.status()).isEqualTo(200);
      assertThat(list.field("Content-Type")).startsWith("application/json");
      assertThat(list.body())
          .contains(idOf(one))
          .contains("\"team\":\"testers\"")
          .contains("\"model\":\"scripted-1\"")
          .contains("\"cursors\":2");
      assertThat(list.body()).doesNotContain(id.substring(id.indexOf(' ') + 1));
      assertThat(admin.delete("/admin/v1/calls/" + idOf(two)).status()).isBetween(200, 204);
    }
  }

  @ParameterizedTest
  @FieldSource("STREAMS")
  void aCallThatIsEndedTellsItsClientsAndLeavesItsProvider(Bodies.Stream stream) throws Exception {
    Bodies.Stream asked = Team.fresh(stream);
    String id = Team.freshId();
    try (RawClient one = team.open(asked, PACED, id).await("w1 ");
        RawClient two = team.open(asked, PACED, id).await("w1 ")) {
      assertThat(admin.delete("/admin/v1/calls/" + idOf(one)).status()).isBetween(200, 204);
      for (RawClient client : List.of(one, two)) {
        RawAnswer told = client.answer();
        assertThat(told.end()).isEqualTo(RawAnswer.End.CUT);
        assertThat(told.body()).contains("\"error\"");
      }
      assertThat(provider.received().ended().get(5, TimeUnit.SECONDS))
          .isEqualTo(ReceivedRequest.Outcome.PEER_GONE);
      assertThat(admin.delete("/admin/v1/calls/" + idOf(one)).status()).isEqualTo(404);
    }
  }

  @Test
  void aCallThatIsNotKnownIsAProblem() throws Exception {
    RawAnswer no = admin.delete("/admin/v1/calls/req_unknown");
    assertThat(no.status()).isEqualTo(404);
    assertThat(no.field("Content-Type")).startsWith("application/problem+json");
  }
}

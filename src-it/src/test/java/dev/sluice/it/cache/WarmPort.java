package dev.sluice.it.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.it.fixtures.AdminPort;
import dev.sluice.it.fixtures.GatewayUnderTest;
import dev.sluice.it.fixtures.RawAnswer;
import dev.sluice.it.fixtures.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Registered prefixes, as the admin port takes and shows them. */
record WarmPort(AdminPort admin) {

  /** Far from UTC, and not by whole hours. */
  private static final String ZONE = "Asia/Kathmandu";

  private static final String ALL = "/admin/v1/prefixes";
  private static final DateTimeFormatter MINUTES = DateTimeFormatter.ofPattern("HH:mm");
  private static final JsonMapper JSON = new JsonMapper();

  static WarmPort of(GatewayUnderTest gateway) {
    return new WarmPort(AdminPort.of(gateway));
  }

  /** A member of a registration: warm from some minutes from now on, for two hours. */
  static String schedule(int minutesFromNow) {
    LocalTime before = LocalTime.now(ZoneId.of(ZONE)).plusMinutes(minutesFromNow);
    return "\"schedules\":[{\"before\":\"%s\",\"until\":\"%s\",\"time_zone\":\"%s\"}]"
        .formatted(MINUTES.format(before), MINUTES.format(before.plusHours(2)), ZONE);
  }

  /**
   * Registers a prefix for the team "others", and expects that it was new.
   *
   * @param members of the registration besides, or an empty text
   * @param request its JSON
   */
  JsonNode put(String name, String route, String members, String request) throws IOException {
    RawAnswer answer = change("PUT", name, body(route, members, request));
    assertThat(answer.status()).as(answer.body()).isEqualTo(201);
    return JSON.readTree(answer.body());
  }

  static String body(String route, String members, String request) {
    return "{\"route\":\"%s\",\"team\":\"others\",%s\"request\":%s}"
        .formatted(route, members.isEmpty() ? "" : members + ",", request);
  }

  RawAnswer change(String method, String name, String body) throws IOException {
    try (RawClient client = new RawClient(admin.port())) {
      int length = body.getBytes(StandardCharsets.ISO_8859_1).length;
      return client
          .send("%s %s/%s HTTP/1.1\r\nHost: x\r\n".formatted(method, ALL, name))
          .send("Content-Type: application/json\r\nContent-Length: " + length + "\r\n\r\n" + body)
          .answer();
    }
  }

  void delete(String name) throws IOException {
    assertThat(change("DELETE", name, "").status()).isEqualTo(204);
  }

  JsonNode get(String name) throws IOException {
    return json(ALL + "/" + name);
  }

  JsonNode json(String path) throws IOException {
    RawAnswer answer = admin.get(path);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  /** Waits until one is warm, and something has been booked for it where it was refreshed. */
  JsonNode awaitSpent(String name) {
    return Awaitility.await()
        .pollInterval(Duration.ofMillis(50))
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> get(name),
            card ->
                card.path("state").asString().equals("warm")
                    && !card.path("spent_usd").asString().equals("0.00"));
  }

  /** Waits until the gate does this about one. */
  void awaitGate(String name, String gate) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(3))
        .until(() -> get(name).path("gate_in_effect").asString().equals(gate));
  }

  /** A team's row of the ledger's sums; null before its first call. */
  @Nullable JsonNode usage(String team) throws IOException {
    for (JsonNode row : json("/admin/v1/usage?group_by=team").path("rows")) {
      if (row.path("group").path("team").asString().equals(team)) {
        return row;
      }
    }
    return null;
  }
}

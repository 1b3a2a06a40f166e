package dev.sluice.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.pool.Lane;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies are read strictly, and all that is wrong is told at once, with its place. */
class BodyTest {

  private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");

  /** What is said of a body whose members are of one kind each. */
  private static @Nullable String said(AdminRequest request) {
    Body body = new Body(request, false);
    body.truth("truth", false);
    body.whole("whole", 1, 1_000, 1);
    body.number("number", 0, 600, 3, "seconds");
    body.text("text", 10);
    body.choice("lane", Lane.BATCH);
    body.instantAfter("instant", NOW);
    body.matching("form", "[a-z]+", "letters");
    AdminAnswer refusal = body.refusal();
    return refusal == null ? null : refusal.status() + " " + Asked.text(refusal);
  }

  @Test
  void whatIsGoodIsTaken() {
    Body body =
        new Body(
            Asked.json(
                """
                {"truth": true, "whole": 5e1, "number": 1.5, "text": "\u00e9 x", "lane": "interactive",
                 "instant": "2026-11-26T12:00:00.001Z", "form": "abc", "none": null}
                """),
            false);
    assertThat(body.truth("truth", false)).isTrue();
    assertThat(body.whole("whole", 1, 1_000, 1)).isEqualTo(50);
    assertThat(body.number("number", 0, 600, 3, "")).isEqualByComparingTo("1.5");
    assertThat(body.text("text", 10)).isEqualTo("\u00e9 x");
    assertThat(body.choice("lane", Lane.BATCH)).isEqualTo(Lane.INTERACTIVE);
    assertThat(body.instantAfter("instant", NOW)).isEqualTo(NOW.plusMillis(1));
    assertThat(body.matching("form", "[a-z]+", "")).isEqualTo("abc");
    assertThat(body.whole("none", 1, 2, 2)).isEqualTo(2);
    assertThat(body.has("none")).isFalse();
    assertThat(body.refusal()).isNull();
  }

  @Test
  void noBodyIsNoMembersWhereThatIsAllowed() {
    AdminRequest empty = Asked.bytes(new byte[0], "Content-Type", "text/plain");
    assertThat(new Body(empty, true).refusal()).isNull();
    assertThat(Objects.requireNonNull(new Body(empty, false).refusal()).status()).isEqualTo(415);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"truth": "yes"}                    | /truth   | \\"yes\\"
          {"truth": 1}                        | /truth   | 1
          {"whole": "5"}                      | /whole   | \\"5\\"
          {"whole": 0}                        | /whole   | 0
          {"whole": 1001}                     | /whole   | 1001
          {"whole": 1.5}                      | /whole   | 1.5
          {"whole": -1}                       | /whole   | -1
          {"whole": 1e999999999}              | /whole   | 1e999999999
          {"whole": true}                     | /whole   | true
          {"whole": []}                       | /whole   | an array
          {"whole": {"a": {"b": 1}}}          | /whole   | an object
          {"number": 600.0001}                | /number  | 600.0001
          {"number": 1.2345}                  | /number  | 1.2345
          {"number": 1e-999999999}            | /number  | 1e-999999999
          {"text": ""}                        | /text    | \\"\\"
          {"text": "  "}                      | /text    | \\"  \\"
          {"text": "12345678901"}             | /text    | \\"12345678901\\"
          {"text": "a\\u0000b"}               | /text    | a text of 3 characters
          {"text": "\\ud800"}                 | /text    | a text of 1 characters
          {"text": 5}                         | /text    | 5
          {"lane": "fast"}                    | /lane    | \\"fast\\"
          {"lane": "BATCH"}                   | /lane    | \\"BATCH\\"
          {"lane": 0}                         | /lane    | 0
          {"instant": "2026-11-26"}           | /instant | \\"2026-11-26\\"
          {"instant": "2026-11-26T12:00:00Z"} | /instant | \\"2026-11-26T12:00:00Z\\"
          {"instant": "3000-01-01T00:00:00Z"} | /instant | \\"3000-01-01T00:00:00Z\\"
          {"instant": 1790000000}             | /instant | 1790000000
          {"form": "ABC"}                     | /form    | \\"ABC\\"
          {"wohle": 5}                        | /wohle   | a member that is not known here
          {"a/b~c": 5}                        | /a~1b~0c | a member that is not known here
          {"whole": 5, "whole": 6}            | /whole   | the same member twice
          {"text": "slk_0123456789012345678901234567890123456789012"} | /text | a text of 47 characters
          """)
  void whatIsWrongIsToldWithItsPlace(String body, String pointer, String found) {
    assertThat(said(Asked.json(body)))
        .startsWith("400 ")
        .contains("\"code\":\"invalid_body\"")
        .contains("\"pointer\":\"" + pointer + "\",\"found\":\"" + found + "\",\"allowed\":\"")
        .doesNotContain("slk_");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "null",
        "[]",
        "5",
        "\"text\"",
        "{",
        "{}}",
        "{} {}",
        "{\"whole\": 5,}",
        "{whole: 5}",
        "{'whole': 5}",
        "{\"whole\": 05}",
        "{\"whole\": NaN}",
        "{\"whole\": 5} // five",
        "\ufeff{}",
        "hold_answers=true"
      })
  void whatIsNoObjectIsTold(String body) {
    assertThat(said(Asked.json(body)))
        .startsWith("400 ")
        .contains("\"code\":\"invalid_body\"")
        .contains("\"pointer\":\"\"");
  }

  @Test
  void bytesThatAreNotUtf8AreTold() {
    for (byte[] bytes :
        List.of(
            new byte[] {'{', (byte) 0xff, '}'},
            "{\"text\": \"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1),
            "{}".getBytes(StandardCharsets.UTF_16))) {
      assertThat(said(Asked.bytes(bytes))).startsWith("400 ").contains("UTF-8");
    }
  }

  @Test
  void aDeepBodyIsRefusedAndNotFollowed() {
    assertThat(said(Asked.json("{\"whole\": " + "[".repeat(30_000)))).startsWith("400 ");
  }

  @Test
  void allThatIsWrongIsToldInOneGo() {
    assertThat(said(Asked.json("{\"whole\": 0, \"lane\": 1, \"other\": 2}")))
        .contains("/whole")
        .contains("/lane")
        .contains("/other")
        .contains("There is more");
  }

  @ParameterizedTest
  @CsvSource({
    "application/json, true",
    "APPLICATION/JSON; charset=UTF-8, true",
    "application/json;charset=\"utf-8\", true",
    "application/json; charset=iso-8859-1, false",
    "text/plain, false",
    "application/x-www-form-urlencoded, false",
    "application/jsonp, false"
  })
  void onlyJsonIsRead(String contentType, boolean isRead) {
    String said = said(Asked.json("{}", "Content-Type", contentType));
    if (isRead) {
      assertThat(said).isNull();
    } else {
      assertThat(said).startsWith("415 ").contains("not_json");
    }
  }
}

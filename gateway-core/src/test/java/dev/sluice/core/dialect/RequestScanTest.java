package dev.sluice.core.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.dialect.RequestFacts.UsageAsk;
import dev.sluice.core.dialect.RequestFacts.UsageAsk.State;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: what the scan refuses, with which code and at which byte, and what it finds. */
class RequestScanTest {

  private static final int CUTS = 8;

  private static @Nullable Refusal refusal(RequestFields fields, byte[] body) {
    var scan = new RequestScan(fields);
    Pieces.show(body, scan::scan);
    var whole = scan.finish();
    for (var seed = 0; seed < CUTS; seed++) {
      var cut = new RequestScan(fields);
      Pieces.show(body, new Random(seed), cut::scan);
      assertThat(cut.finish()).as("cut by seed " + seed).isEqualTo(whole);
    }
    return whole;
  }

  private static Refusal refused(RequestFields fields, byte[] body) {
    return Objects.requireNonNull(refusal(fields, body), "the body was accepted");
  }

  private static RequestFacts facts(RequestFields fields, String body) {
    var scan = new RequestScan(fields);
    Pieces.show(Pieces.utf8(body), scan::scan);
    assertThat(scan.finish()).as(body).isNull();
    return scan.facts();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{                              | invalid_json | 1",
        "{\"model\":\"gpt-6\"           | invalid_json | 16",
        "{\"model\":\"gpt-6             | invalid_json | 15",
        "{\"a\":tru                     | invalid_json | 8",
        "{} {}                          | invalid_json | 3",
        "{}x                            | invalid_json | 2",
        "{}\u0000x                      | invalid_json | 2",
        "{\"a\":01}                     | invalid_json | 6",
        "{\"a\":1.}                     | invalid_json | 7",
        "{\"a\":.5}                     | invalid_json | 5",
        "{\"a\":+1}                     | invalid_json | 5",
        "{\"a\":-}                      | invalid_json | 6",
        "{\"a\":1e}                     | invalid_json | 7",
        "{\"a\":NaN}                    | invalid_json | 5",
        "{\"a\":Infinity}               | invalid_json | 5",
        "{\"a\":0x10}                   | invalid_json | 6",
        "{\"a\":True}                   | invalid_json | 5",
        "{'a':1}                        | invalid_json | 1",
        "{a:1}                          | invalid_json | 1",
        "{\"a\":1,}                     | invalid_json | 7",
        "{\"a\":[1,]}                   | invalid_json | 8",
        "{\"a\":[1}                     | invalid_json | 7",
        "{\"a\" 1}                      | invalid_json | 5",
        "{\"a\":1 \"b\":2}              | invalid_json | 7",
        "{/* */}                        | invalid_json | 1",
        "{\"a\":\"\\x\"}                | invalid_json | 7",
        "{\"a\":\"\\u12g4\"}            | invalid_json | 10",
        "{\"a\":\"\\ud800\"}            | invalid_json | 12",
        "{\"a\":\"\\ud800\\n\"}         | invalid_json | 13",
        "{\"a\":\"\\ud800\\ud800\"}     | invalid_json | 17",
        "{\"a\":\"\\udc00\"}            | invalid_json | 11",
        "{\"\\udc00\":1}                | invalid_json | 7",
        "{\"a\":\"\u0001\"}             | invalid_json | 6",
        "{\"\u001f\":1}                 | invalid_json | 2",
        "\ufeff{}                       | invalid_json | 0",
        "hello                          | invalid_json | 0",
        "[]                             | not_an_object | 0",
        "\"{}\"                         | not_an_object | 0",
        "null                           | not_an_object | 0",
        "17                             | not_an_object | 0",
      })
  void aBodyThatIsNoJsonObjectIsRefused(String body, String code, long at) {
    var refusal = refused(RequestFields.CHAT, Pieces.utf8(body));
    assertThat(refusal.code()).isEqualTo(code);
    assertThat(refusal.status()).isEqualTo(400);
    assertThat(refusal.message()).contains("at byte " + at);
  }

  @ParameterizedTest
  @CsvSource({
    // over-long, surrogates, too large, stray, cut short
    "c080,0",
    "c1bf,0",
    "e08080,1",
    "e09fbf,1",
    "f08fbfbf,1",
    "eda080,1",
    "edbfbf,1",
    "f4908080,1",
    "f5808080,0",
    "ff,0",
    "80,0",
    "bf,0",
    "c3,1",
    "e282,2",
    "f09f98,3",
    "e28228,2",
    "c328,1"
  })
  void stringsMustBeUtf8(String hex, int offset) {
    for (var shape : new String[] {"{\"a\":[{\"b\":\"%s\"}]}", "{\"%s\":1}", "{\"a\":\"é%s\"}"}) {
      var parts = shape.split("%s", -1);
      var body = (parts[0] + latin1(hex) + parts[1]).replace("é", "\u00c3\u00a9"); // é as UTF-8
      var bytes = body.getBytes(StandardCharsets.ISO_8859_1);
      var at = body.lastIndexOf(latin1(hex)) + offset;
      var refusal = refused(RequestFields.CHAT, bytes);
      assertThat(refusal.code()).isEqualTo("invalid_utf8");
      assertThat(refusal.message()).contains("at byte " + at + ":");
    }
  }

  private static String latin1(String hex) {
    var text = new StringBuilder();
    for (var i = 0; i < hex.length(); i += 2) {
      text.append((char) Integer.parseInt(hex.substring(i, i + 2), 16));
    }
    return text.toString();
  }

  @Test
  void anEmptyBodyIsRefused() {
    assertThat(refused(RequestFields.CHAT, new byte[0]).code()).isEqualTo("body_empty");
    assertThat(refused(RequestFields.CHAT, Pieces.utf8(" \n ")).code()).isEqualTo("invalid_json");
  }

  @Test
  void otherApisMayHaveAnyBody() {
    for (var body :
        new String[] {
          "",
          "[]",
          "[{\"model\":7},{\"model\":\"a\"},{\"model\":\"a\"}]",
          "\"x\"",
          "17",
          "null",
          " {} "
        }) {
      assertThat(refusal(RequestFields.OTHER, Pieces.utf8(body))).as(body).isNull();
    }
    assertThat(refused(RequestFields.OTHER, Pieces.utf8("1x")).code()).isEqualTo("invalid_json");
    assertThat(refused(RequestFields.OTHER, Pieces.utf8("-")).code()).isEqualTo("invalid_json");
  }

  @Test
  void depthIsBounded() {
    for (var depth : new int[] {1_000, 1_001}) {
      var body = "{\"a\":" + "[".repeat(depth - 1) + "]".repeat(depth - 1) + "}";
      var refusal = refusal(RequestFields.CHAT, Pieces.utf8(body));
      if (depth == 1_000) {
        assertThat(refusal).isNull();
      } else {
        assertThat(Objects.requireNonNull(refusal).code()).isEqualTo("json_too_deep");
        assertThat(refusal.message()).contains("1000", "at byte 1004");
      }
    }
  }

  @Test
  void theLengthOfNumbersIsBounded() {
    assertThat(refusal(RequestFields.CHAT, Pieces.utf8("{\"a\":" + "9".repeat(1_000) + "}")))
        .isNull();
    for (var number :
        new String[] {"9".repeat(1_001), "0." + "1".repeat(999), "1e" + "1".repeat(2_000)}) {
      assertThat(refused(RequestFields.CHAT, Pieces.utf8("{\"a\":" + number + "}")).code())
          .isEqualTo("number_too_long");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"model\":\"a\",\"model\":\"a\"}",
        "{\"model\":\"a\",\"mod\\u0065l\":\"b\"}",
        "{\"\\u006d\\u006F\\u0064\\u0065\\u006c\":\"a\",\"model\":\"b\"}",
        "{\"stream\":true,\"x\":{\"stream\":1},\"stream\":false}",
        "{\"max_tokens\":1,\"max_tokens\":1}",
        "{\"max_completion_tokens\":1,\"a\":0,\"max_completion_tokens\":null}",
        "{\"stream_options\":{},\"stream_options\":{}}",
        "{\"stream_options\":null,\"stream_options\":{}}",
        "{\"stream_options\":{\"include_usage\":true,\"include\\u005fusage\":false}}",
      })
  void aSignificantMemberStandsOnce(String body) {
    var refusal = refused(RequestFields.CHAT, Pieces.utf8(body));
    assertThat(refusal.code()).isEqualTo("duplicate_key");
  }

  @Test
  void otherMembersMayStandTwice() {
    var facts =
        facts(
            RequestFields.CHAT,
            "{\"x\":1,\"x\":2,\"messages\":[{\"model\":\"a\",\"model\":1}],\"model\":\"b\"}");
    assertThat(facts.model()).isEqualTo("b");
  }

  static Stream<Arguments> wrongTypes() {
    return Stream.of(
            "{\"model\":%s}|7,null,true,{},[],\"\",[\"a\"],{\"model\":\"a\"}",
            "{\"stream\":%s}|\"yes\",1,0,{},[],[true],\"true\"",
            "{\"max_tokens\":%s}|-1,1.0,1e3,\"7\",9007199254740993,99999999999999999999,{},[],true",
            "{\"max_completion_tokens\":%s}|-5,0.5,\"\"",
            "{\"stream_options\":%s}|true,1,\"x\",[]",
            "{\"stream_options\":{\"include_usage\":%s}}|1,\"true\",{},[]")
        .flatMap(
            line -> {
              var parts = line.split("\\|", -1);
              return Stream.of(parts[1].split(",", -1))
                  .map(value -> Arguments.of(parts[0].formatted(value)));
            });
  }

  @ParameterizedTest
  @MethodSource("wrongTypes")
  void aSignificantMemberOfTheWrongTypeIsRefused(String body) {
    assertThat(refused(RequestFields.CHAT, Pieces.utf8(body)).code()).isEqualTo("wrong_type");
  }

  @Test
  void aModelIsBoundedInBytesAfterItsEscapes() {
    assertThat(facts(RequestFields.CHAT, "{\"model\":\"" + "\\u0061".repeat(256) + "\"}").model())
        .isEqualTo("a".repeat(256));
    assertThat(facts(RequestFields.CHAT, "{\"model\":\"" + "é".repeat(128) + "\"}").model())
        .isEqualTo("é".repeat(128));
    for (var model :
        new String[] {
          "a".repeat(257), "é".repeat(129), "\\u00e9".repeat(129), "a".repeat(1 << 20)
        }) {
      assertThat(refused(RequestFields.CHAT, Pieces.utf8("{\"model\":\"" + model + "\"}")).code())
          .isEqualTo("wrong_type");
    }
  }

  @Test
  void aMessageHoldsNoContent() {
    var secret = "sk-very-secret";
    for (var body :
        new String[] {
          "{\"model\":{\"a\":\"" + secret + "\"}}",
          "{\"model\":\"" + secret + "\",\"model\":\"" + secret + "\"}",
          "{\"" + secret + "\"}",
          "{\"a\":\"" + secret + "\\q\"}",
          "{\"a\":" + secret + "}",
          secret
        }) {
      assertThat(refused(RequestFields.CHAT, Pieces.utf8(body)).message())
          .as(body)
          .doesNotContain("secret");
    }
  }

  @Test
  void afterARefusalFurtherBytesAreIgnored() {
    var scan = new RequestScan(RequestFields.CHAT);
    Pieces.show(Pieces.utf8("{\"stream\":\"yes\","), scan::scan);
    Pieces.show(Pieces.utf8("\"model\":\"a\",\"model\":\"b\""), scan::scan);
    assertThat(Objects.requireNonNull(scan.finish()).message()).contains("\"stream\" at byte 10");
  }

  @Test
  void theNewerCapWins() {
    assertThat(facts(RequestFields.CHAT, "{\"max_tokens\":5}").outputCap()).isEqualTo(5);
    assertThat(
            facts(RequestFields.CHAT, "{\"max_completion_tokens\":7,\"max_tokens\":5}").outputCap())
        .isEqualTo(7);
    assertThat(
            facts(RequestFields.CHAT, "{\"max_tokens\":5,\"max_completion_tokens\":null}")
                .outputCap())
        .isEqualTo(5);
    assertThat(facts(RequestFields.CHAT, "{\"max_tokens\":null}").outputCap()).isEqualTo(-1);
    assertThat(facts(RequestFields.CHAT, "{\"max_tokens\":9007199254740992}").outputCap())
        .isEqualTo(1L << 53);
  }

  @Test
  void eachShapeHasItsOwnMembers() {
    var responses =
        facts(
            RequestFields.RESPONSES,
            "{\"model\":\"m\",\"stream\":true,\"max_output_tokens\":9,\"max_tokens\":\"x\"}");
    assertThat(responses).isEqualTo(new RequestFacts("m", true, 9, null, 66, null));
    var messages =
        facts(RequestFields.MESSAGES, "{\"max_tokens\":0,\"model\":\"c\",\"stream_options\":7}");
    assertThat(messages).isEqualTo(new RequestFacts("c", false, 0, null, 47, null));
    for (var config : new String[] {"generationConfig", "generation_config"}) {
      for (var cap : new String[] {"maxOutputTokens", "max_output_tokens"}) {
        for (var value : new String[] {"8192", "\"8192\""}) {
          var gemini =
              facts(
                  RequestFields.GEMINI,
                  "{\"model\":1,\"stream\":2,\"%s\":{\"x\":{},\"%s\":%s}}"
                      .formatted(config, cap, value));
          assertThat(gemini.outputCap()).isEqualTo(8192);
          assertThat(gemini.model()).isNull();
        }
      }
    }
    assertThat(
            refused(
                    RequestFields.GEMINI,
                    Pieces.utf8("{\"generationConfig\":{},\"generation_config\":{}}"))
                .code())
        .isEqualTo("duplicate_key");
  }

  static Stream<Arguments> asks() {
    return Stream.of(
        Arguments.of("{\"stream\":true}", State.ABSENT, 1, 0),
        Arguments.of(" \n{ \"stream\":true}", State.ABSENT, 3, 0),
        Arguments.of("{\"stream\":true,\"stream_options\":null}", State.NULL, 32, 4),
        Arguments.of("{\"stream_options\":{ },\"stream\":true}", State.EMPTY, 19, 0),
        Arguments.of(
            "{\"stream\":true,\"stream_options\": {\"include_obfuscation\":false}}",
            State.NO_MEMBER,
            34,
            0),
        Arguments.of(
            "{\"stream\":true,\"stream_options\":{\"include_usage\":false}}", State.OFF, 49, 5),
        Arguments.of(
            "{\"stream\":true,\"stream_options\":{\"include_usage\": null}}", State.OFF, 50, 4),
        Arguments.of(
            "{\"stream\":true,\"stream_options\":{\"include_usage\":true}}", State.ASKED, 49, 0));
  }

  @ParameterizedTest
  @MethodSource("asks")
  void thePlaceToAskForUsageIsFound(String body, State state, long at, int length) {
    assertThat(facts(RequestFields.CHAT, body).usageAsk())
        .isEqualTo(new UsageAsk(state, at, length));
  }

  @Test
  void nothingIsAskedForWithoutAStream() {
    assertThat(facts(RequestFields.CHAT, "{\"stream\":false}").usageAsk()).isNull();
    assertThat(facts(RequestFields.CHAT, "{\"stream_options\":{}}").usageAsk()).isNull();
  }
}

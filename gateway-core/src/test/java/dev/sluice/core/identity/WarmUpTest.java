package dev.sluice.core.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.dialect.Dialect;
import dev.sluice.core.dialect.RequestFacts;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.dialect.Routes;
import dev.sluice.core.dialect.WarmUp;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * Goal: a warm-up writes the very entry that the original would have written. Method: the body made
 * is scanned like any other, and the fingerprints of its entries are looked at.
 */
class WarmUpTest {

  private static final String LONG = "long ".repeat(210);
  private static final String MARK = ",'cache_control':{'type':'ephemeral'}";
  private static final String POINT = ",'prompt_cache_breakpoint':{'mode':'explicit'}";

  private static final Dialect ANTHROPIC = dialect(Route.Family.ANTHROPIC, "/v1/messages");
  private static final Dialect CHAT = dialect(Route.Family.OPENAI, "/v1/chat/completions");
  private static final Dialect RESPONSES = dialect(Route.Family.OPENAI, "/v1/responses");
  private static final Dialect GEMINI =
      dialect(Route.Family.GEMINI, "/v1beta/models/gemini-3-pro:generateContent");

  private final Fingerprinter fingerprinter = new Fingerprinter(new Random(1));

  private static Dialect dialect(Route.Family family, String path) {
    var routes = new Routes(List.of(new Route("it", "", family)));
    var found = (Routes.Found) routes.find(HttpMethod.POST, path, EmptyHttpHeaders.INSTANCE);
    return found.dialect();
  }

  private static ByteBuf buffer(String body) {
    var bytes = body.replace('\'', '"').replace("X", LONG).getBytes(StandardCharsets.UTF_8);
    return Unpooled.wrappedBuffer(new byte[3], bytes).skipBytes(3);
  }

  private static RequestFacts facts(Dialect dialect, ByteBuf body) {
    var scan = Objects.requireNonNull(dialect.newScan());
    scan.scan(body);
    assertThat(scan.finish()).isNull();
    return scan.facts();
  }

  private List<Fingerprint> prefixes(Dialect dialect, ByteBuf body) {
    return fingerprinter.prefixes(
        "s", body, Objects.requireNonNull(facts(dialect, body).prompt(), "no layout"));
  }

  private @Nullable String warmUp(Dialect dialect, String body, int entry, boolean hasPrewarm) {
    var original = buffer(body);
    var made = WarmUp.body(dialect, original, facts(dialect, original), entry, hasPrewarm);
    if (made == null) {
      return null;
    }
    try {
      var text = made.toString(StandardCharsets.UTF_8);
      assertThat(JsonMapper.shared().readTree(text).isObject()).as(text).isTrue();
      assertThat(prefixes(dialect, made))
          .as("%s\nfrom %s", text, body)
          .contains(prefixes(dialect, original).get(entry));
      assertThat(facts(dialect, made).stream()).isFalse();
      return text.replace('"', '\'').replace(LONG, "X");
    } finally {
      made.release();
    }
  }

  private static final String CONVERSATION =
      """
      {'max_tokens':9,'stream':true,'messages':[{'role':'user','content':[{'type':'text','text':'a'%1$s},\
      {'type':'text','text':'b'}]},{'role':'assistant','content':[{'type':'tool_use','id':'1'%1$s}]},\
      {'content':[{'type':'tool_result','tool_use_id':'1','content':[{'type':'text','text':'r'}]}],'role':'user'},\
      {'role':'assistant','content':'z'}],'system':[{'type':'text','text':'s'%1$s},{'type':'text','text':'S'}],\
      'tool_choice':{'type':'auto'},'thinking':{'type':'disabled'},'metadata':{'user_id':'u'},\
      'tools':[{'name':'t','description':'X'%1$s},{'name':'u'}],'model':'c'}\
      """
          .formatted(MARK);

  @Test
  void anthropicIsAskedForNothingUpToTheMarker() {
    var start = "{'model':'c','max_tokens':0,'thinking':{'type':'disabled'},";
    var tool = "'tools':[{'name':'t','description':'X'" + MARK + "}";
    var text = "{'type':'text','text':";
    var system = "'system':[" + text + "'s'" + MARK + "}";
    var minimal = ",'messages':[{'role':'user','content':'.'}]}";
    var all = start + tool + ",{'name':'u'}]," + system + "," + text + "'S'}]";
    var question =
        ",'tool_choice':{'type':'auto'},'messages':[{'role':'user','content':["
            + (text + "'a'" + MARK + "},")
            + (text + "'b'}]}");
    assertThat(warmUp(ANTHROPIC, CONVERSATION, 0, false)).isEqualTo(start + tool + "]" + minimal);
    assertThat(warmUp(ANTHROPIC, CONVERSATION, 1, false))
        .isEqualTo(start + tool + ",{'name':'u'}]," + system + "]" + minimal);
    assertThat(warmUp(ANTHROPIC, CONVERSATION, 2, false)).isEqualTo(all + question + "]}");
    assertThat(warmUp(ANTHROPIC, CONVERSATION, 3, false))
        .as("with the result of the tool, which must not be missing")
        .isEqualTo(
            all
                + question
                + ",{'role':'assistant','content':[{'type':'tool_use','id':'1'"
                + MARK
                + "}]},{'content':[{'type':'tool_result','tool_use_id':'1','content':["
                + text
                + "'r'}]}],'role':'user'}]}");
  }

  @Test
  void theMarkerOfAWholeBodyIsKeptForItsEntryAlone() {
    var body =
        "{'model':'c','system':[{'text':'X'"
            + MARK
            + "}],'cache_control':{'type':'ephemeral'},'messages':[{'role':'user','content':'a'}]}";
    assertThat(warmUp(ANTHROPIC, body, 0, false)).doesNotContain("],'cache_control'");
    assertThat(warmUp(ANTHROPIC, body, 1, false))
        .endsWith(
            ",'cache_control':{'type':'ephemeral'},'messages':[{'role':'user','content':'a'}]}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'thinking':{'type':'enabled','budget_tokens':1024}",
        "'thinking':{'type':'adaptive'}",
        "'output_config':{'effort':'low','format':{'type':'json_schema'}}",
        "'output_format':{}",
        "'tool_choice':{'type':'any'}",
        "'tool_choice':{'type':'tool','name':'t'}"
      })
  void whatAnthropicRefusesWithoutOutputHasNoWarmUp(String member) {
    var body = "{'model':'c','messages':[{'role':'user','content':[{'text':'X'" + MARK + "}]}],%s}";
    assertThat(warmUp(ANTHROPIC, body.formatted(member), 0, false)).isNull();
    assertThat(warmUp(ANTHROPIC, body.formatted("'output_config':{'effort':'low'}"), 0, false))
        .isNotNull();
  }

  @Test
  void aChatIsAskedForOneTokenBehindItsLeadingBlock() {
    var tools = "'tools':[{'type':'function'}]";
    var lead = "'messages':[{'role':'system','content':'X'}";
    assertThat(
            warmUp(
                CHAT,
                "{'stream':true,'model':'g',"
                    + (lead + ",{'role':'user','content':'a'}],")
                    + ("'prompt_cache_key':'k',"
                        + tools
                        + ",'user':'u','max_completion_tokens':500}"),
                0,
                false))
        .isEqualTo(
            "{'model':'g','max_completion_tokens':1,"
                + (tools + ",'prompt_cache_key':'k',")
                + (lead + ",{'role':'user','content':'.'}]}"));
    assertThat(
            warmUp(
                CHAT,
                "{'model':'g','tools':[{'d':'X'}],'messages':[{'role':'user','content':'a'}]}",
                0,
                false))
        .endsWith("'messages':[{'role':'user','content':'.'}]}");
    assertThat(warmUp(CHAT, "{'messages':[{'role':'system','content':'X'}]}", 0, false))
        .as("nobody knows the model")
        .isNull();
  }

  @Test
  void aBreakpointIsWarmedUpWhereTheMessagesCanEndThere() {
    var body =
        "{'model':'g','prompt_cache_options':{'mode':'explicit','ttl':'30m'},'messages':["
            + ("{'role':'user','content':[{'text':'X'" + POINT + "}]},")
            + ("{'role':'assistant','tool_calls':[{}],'content':[{'text':'b'" + POINT + "}]},")
            + "{'role':'tool','content':'c'}]}";
    assertThat(warmUp(CHAT, body, 0, false)).contains("'ttl':'30m'").doesNotContain("tool");
    assertThat(warmUp(CHAT, body, 1, false)).as("a call without its result").isNull();
  }

  @Test
  void responsesArePrewarmedWhereTheModelKnowsIt() {
    var body = "{'model':'g','instructions':'X','input':'a','stream':true%s}";
    assertThat(warmUp(RESPONSES, body.formatted(""), 0, false))
        .isEqualTo(
            "{'model':'g','store':false,'instructions':'X','max_output_tokens':16"
                + ",'input':[{'role':'user','content':'.'}]}");
    assertThat(warmUp(RESPONSES, body.formatted(""), 0, true))
        .isEqualTo(
            "{'model':'g','store':false,'instructions':'X','prompt_cache_options':{'prewarm':true}"
                + ",'input':[{'role':'user','content':'.'}]}");
    assertThat(warmUp(RESPONSES, body.formatted(",'prompt_cache_options':{ 'ttl':'12h'}"), 0, true))
        .contains("'prompt_cache_options':{'prewarm':true,'ttl':'12h'}");
    assertThat(warmUp(RESPONSES, body.formatted(",'prompt_cache_options':{ }"), 0, true))
        .contains("'prompt_cache_options':{'prewarm':true}");
    assertThat(
            warmUp(RESPONSES, body.formatted(",'prompt_cache_options':{'prewarm':false}"), 0, true))
        .isNull();
    assertThat(warmUp(RESPONSES, body.formatted(",'conversation':'c'"), 0, true))
        .as("it would be added to")
        .isNull();
    assertThat(
            warmUp(
                RESPONSES,
                "{'model':'g','input':[{'role':'developer','content':'X'},{'role':'user','content':'a'}]}",
                0,
                true))
        .endsWith(",'input':[{'role':'developer','content':'X'}]}");
    assertThat(warmUp(RESPONSES, "{'model':'g','input':'X'}", 0, false)).endsWith(",'input':'X'}");
  }

  @Test
  void geminiIsAskedForOneTokenBehindItsLeadingBlock() {
    assertThat(
            warmUp(
                GEMINI,
                """
                {'contents':[{'parts':[{'text':'a'}]}],'systemInstruction':{'parts':[{'text':'X'}]},\
                'tools':[{}],'generationConfig':{'temperature':1}}\
                """,
                0,
                false))
        .isEqualTo(
            "{'generationConfig':{'maxOutputTokens':1},'tools':[{}]"
                + ",'systemInstruction':{'parts':[{'text':'X'}]}"
                + ",'contents':[{'role':'user','parts':[{'text':'.'}]}]}");
    assertThat(warmUp(GEMINI, "{'contents':[{'parts':[{'text':'X'}]},{'role':'model'}]}", 0, false))
        .endsWith(",'contents':[{'parts':[{'text':'X'}]}]}");
    assertThat(warmUp(GEMINI, "{'contents':[],'cachedContent':'c'}", 0, false)).isNull();
  }

  @Test
  void anEntryThatIsNotThereHasNoWarmUp() {
    assertThat(warmUp(ANTHROPIC, CONVERSATION, 4, false)).isNull();
    assertThat(warmUp(CHAT, "{'model':'g','messages':[]}", 0, false)).isNull();
  }
}

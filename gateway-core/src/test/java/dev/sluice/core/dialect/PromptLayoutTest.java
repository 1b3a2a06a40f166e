package dev.sluice.core.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.dialect.PromptLayout.Entry;
import dev.sluice.core.dialect.PromptLayout.Span;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: where entries end, what belongs to them, and what is no layout or refused. */
class PromptLayoutTest {

  /** Long enough that no entry is too short; X in a body stands for it. */
  private static final String LONG = "long ".repeat(PromptLayout.BYTES_MIN / 5 + 1);

  private static final int CUTS = 8;

  private static byte[] bytes(String body) {
    return Pieces.utf8(body.replace('\'', '"').replace("X", LONG));
  }

  private static @Nullable PromptLayout layout(RequestFields fields, String body) {
    var whole = new RequestScan(fields);
    Pieces.show(bytes(body), whole::scan);
    assertThat(whole.finish()).as(body).isNull();
    var layout = whole.facts().prompt();
    for (var seed = 0; seed < CUTS; seed++) {
      var cut = new RequestScan(fields);
      Pieces.show(bytes(body), new Random(seed), cut::scan);
      assertThat(cut.finish()).as("cut by seed %s", seed).isNull();
      assertThat(cut.facts().prompt()).as("cut by seed %s", seed).isEqualTo(layout);
    }
    return layout;
  }

  private static PromptLayout found(RequestFields fields, String body) {
    return Objects.requireNonNull(layout(fields, body), "no layout");
  }

  /** Each entry as its parts, with bars between; what was cut out is not there. */
  private static List<String> entries(RequestFields fields, String body) {
    var layout = found(fields, body);
    var texts = new ArrayList<String>();
    for (var entry : layout.entries()) {
      var text = new StringBuilder();
      var size = 0L;
      var spans = new ArrayList<>(layout.spans().subList(0, entry.spanCount()));
      if (entry.tail() != null) {
        spans.add(new Span(0, 0, true));
        spans.add(entry.tail());
      }
      for (var i = 0; i < spans.size(); i++) {
        var span = spans.get(i);
        size += span.end() - span.start();
        text.append(
            new String(
                bytes(body),
                (int) span.start(),
                (int) (span.end() - span.start()),
                StandardCharsets.UTF_8));
        if (span.endsPart() && i < spans.size() - 1) {
          text.append('|');
        }
      }
      assertThat(entry.bytes()).as("bytes").isEqualTo(size);
      texts.add(text.toString().replace(LONG, "X").replace('"', '\''));
    }
    return texts;
  }

  // ---- Anthropic ----

  @Test
  void anEntryEndsAtEachMarkerInTheProvidersOrder() {
    var body =
        """
        {'model':'c','messages':[{'role':'user','content':[{'type':'text','text':'a'},\
        {'type':'text','text':'b','cache_control':{'type':'ephemeral'}},{'type':'text','text':'c'}]}],\
        'system':[{'type':'text','text':'X','cache_control':{'type':'ephemeral','ttl':'1h'}},{'type':'text','text':'s'}],\
        'thinking':{'type':'disabled'},'tool_choice':{'type':'auto'},\
        'tools':[{'name':'t'},{'name':'u','cache_control':{'type':'ephemeral'}},{'name':'v'}]}\
        """;
    assertThat(entries(RequestFields.MESSAGES, body))
        .containsExactly(
            "'thinking':{'type':'disabled'}|'tools':[{'name':'t'},{'name':'u'}",
            "'thinking':{'type':'disabled'}|'tools':[{'name':'t'},{'name':'u'},{'name':'v'}]"
                + "|'system':[{'type':'text','text':'X'}",
            "'thinking':{'type':'disabled'}|'tools':[{'name':'t'},{'name':'u'},{'name':'v'}]"
                + "|'system':[{'type':'text','text':'X'},{'type':'text','text':'s'}]"
                + "|'tool_choice':{'type':'auto'}"
                + "|'messages':[{'role':'user','content':[{'type':'text','text':'a'},"
                + "{'type':'text','text':'b'}");
    assertThat(found(RequestFields.MESSAGES, body).entries())
        .extracting(Entry::lifetimeSeconds)
        .containsExactly(300, 3_600, 300);
    assertThat(found(RequestFields.MESSAGES, body).entries()).allMatch(Entry::isMarked);
  }

  @Test
  void aMarkerIsCutOutWhereverItStandsAndHoweverItIsWritten() {
    // as the only member, the first, in the middle, pretty-printed, with escapes in its key
    assertThat(
            entries(
                RequestFields.MESSAGES,
                """
                {'system':[{ 'cache_control' : {'type':'ephemeral'} , 'text':'X'},\
                {'cache_control':{}},\
                {'text':'b', 'cache\\u005fcontrol': {'type': 'ephemeral'}, 'type': 'text'},
                {
                  'text': 'c',
                  'cache_control': {
                    'type': 'ephemeral'
                  }
                }]}\
                """))
        .containsExactly(
            "'system':[{ 'text':'X'}",
            "'system':[{ 'text':'X'},{}",
            "'system':[{ 'text':'X'},{},{'text':'b', 'type': 'text'}",
            "'system':[{ 'text':'X'},{},{'text':'b', 'type': 'text'},\n{\n  'text': 'c'\n}");
  }

  @Test
  void aToolResultMayBeMarkedInsideAndOutside() {
    assertThat(
            entries(
                RequestFields.MESSAGES,
                """
                {'system':'X','messages':[{'content':[{'type':'tool_result',\
                'cache_control':{'type':'ephemeral'},'content':[{'text':'a'},\
                {'text':'b','cache_control':{'type':'ephemeral'}},{'text':'c'}],'tool_use_id':'1'}],'role':'user'}]}\
                """))
        .containsExactly(
            "'system':'X'|'messages':[{'content':[{'type':'tool_result'"
                + ",'content':[{'text':'a'},{'text':'b'}|'role':'user'",
            "'system':'X'|'messages':[{'content':[{'type':'tool_result'"
                + ",'content':[{'text':'a'},{'text':'b'},{'text':'c'}],'tool_use_id':'1'}|'role':'user'");
  }

  @Test
  void aMarkerOfTheWholeBodyEndsItsMessages() {
    assertThat(
            entries(
                RequestFields.MESSAGES,
                """
                {'cache_control':{'type':'ephemeral'},'system':'X','messages':[{'role':'user','content':'a'},\
                {'role':'assistant','content':'b'}]}\
                """))
        .containsExactly(
            "'system':'X'|'messages':[{'role':'user','content':'a'},{'role':'assistant','content':'b'}");
    assertThat(
            entries(
                RequestFields.MESSAGES,
                """
                {'system':'X','messages':[{'content':[{'text':'a'},{'text':'b'}],'role':'user'}],\
                'cache_control':{'type':'ephemeral'}}\
                """))
        .containsExactly(
            "'system':'X'|'messages':[{'content':[{'text':'a'},{'text':'b'}|'role':'user'");
    var both =
        found(
            RequestFields.MESSAGES,
            """
            {'system':'X','messages':[{'role':'user','content':[{'text':'a','cache_control':{'type':'ephemeral'}}]}],\
            'cache_control':{'type':'ephemeral'}}\
            """);
    assertThat(both.entries()).as("the same place is one entry").hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'system':'X','messages':[{'role':'user','content':'a'}]}",
        "{'system':[{'text':'X','cache_control':null}]}",
        "{'system':[{'text':'short','cache_control':{'type':'ephemeral'}}]}",
        // five
        "{'cache_control':{},'messages':[{'content':'a'}],'system':[{'text':'X','cache_control':{}},"
            + "{'cache_control':{}},{'cache_control':{}},{'cache_control':{}}]}",
        // what no document describes
        "{'tools':5,'system':[{'text':'X','cache_control':{}}]}",
        "{'tools':{},'system':[{'text':'X','cache_control':{}}]}",
        "{'tools':[[]],'system':[{'text':'X','cache_control':{}}]}",
        "{'system':{'text':'X','cache_control':{}}}",
        "{'system':[[{'text':'X','cache_control':{}}]]}",
        "{'system':[{'text':'X','cache_control':'ephemeral'}]}",
        "{'system':[{'text':'X','cache_control':[{}]}]}",
        "{'messages':[[{'content':[{'text':'X','cache_control':{}}]}]]}",
        "{'messages':[[{'content':{'text':'X','cache_control':{}}}]]}",
        "{'messages':{'content':[{'text':'X','cache_control':{}}]}}",
        "{'messages':[{'content':[[{'text':'X','cache_control':{}}]]}]}",
        "{'messages':[{'content':{'text':'X','cache_control':{}}}]}",
        "{'messages':'X','cache_control':{}}",
        "{'messages':[],'system':'X','cache_control':{}}",
        "{'cache_control':{}}",
        "{}"
      })
  void whatHasNoUsableMarkerHasNoLayout(String body) {
    assertThat(layout(RequestFields.MESSAGES, body)).isNull();
  }

  @Test
  void aMarkerInsideAnErrorOfAToolIsNoMarker() {
    assertThat(
            layout(
                RequestFields.MESSAGES,
                """
                {'system':'X','messages':[{'role':'user','content':[{'type':'web_search_tool_result',\
                'content':{'type':'error','cache_control':{'ttl':'1h'}}}]}]}\
                """))
        .isNull();
  }

  @Test
  void onlyMessagesHaveALayout() {
    var body = "{'system':[{'text':'X','cache_control':{}}]}";
    assertThat(layout(RequestFields.MESSAGES, body)).isNotNull();
    assertThat(layout(RequestFields.COUNT_TOKENS, body)).isNull();
    assertThat(layout(RequestFields.OTHER, body)).isNull();
    assertThat(layout(RequestFields.EMBEDDINGS, body)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'tools':[],'tools':[]}",
        "{'system':'a','syst\\u0065m':'b'}",
        "{'messages':[],'messages':null}",
        "{'messages':[{'role':'user','role':'system'}]}",
        "{'messages':[{'role':'user','content':'a'},{'content':'a','content':'b'}]}",
        "{'messages':[{'content':[{'cache_control':{},'cache_control':null}]}]}",
        "{'messages':[{'content':[{'content':[],'content':'a'}]}]}",
        "{'messages':[{'content':[{'content':[{'cache_control':{},'cache_control':{}}]}]}]}",
        "{'tools':[{'cache_control':{'ttl':'5m','ttl':'1h'}}]}",
        "{'thinking':{},'thinking':{}}",
        "{'cache_control':{},'cache_control':{}}"
      })
  void whatTwoParsersCouldReadDifferentlyIsRefused(String body) {
    var scan = new RequestScan(RequestFields.MESSAGES);
    Pieces.show(bytes(body), scan::scan);
    assertThat(Objects.requireNonNull(scan.finish(), body).code()).isEqualTo("duplicate_key");
  }

  @Test
  void theSameMemberInTwoPlacesIsNotTwice() {
    assertThat(
            found(
                    RequestFields.MESSAGES,
                    """
                    {'messages':[{'role':'user','content':[{'content':[{'text':'X','cache_control':{'ttl':'1h'}},\
                    {'content':'b','cache_control':{'ttl':'5m'}}],'cache_control':{'ttl':'5m'}},{'content':'c'}]},\
                    {'role':'user','content':'a'}]}\
                    """)
                .entries())
        .extracting(Entry::lifetimeSeconds)
        .containsExactly(3_600, 300, 300);
  }

  // ---- OpenAI ----

  @Test
  void theLeadingBlockOfAChatIsToolsAndInstructions() {
    var body =
        """
        {'messages':[{'role':'system','content':'X'},{'content':'d','role':'developer'},\
        {'role':'user','content':'a'},{'role':'system','content':'late'}],'model':'g','prompt_cache_key':'k',\
        'stream':true,'service_tier':null,'tools':[{'type':'function'}],'response_format':{'type':'text'}}\
        """;
    assertThat(entries(RequestFields.CHAT, body))
        .containsExactly(
            "'prompt_cache_key':'k'|'response_format':{'type':'text'}|'tools':[{'type':'function'}]"
                + "|'messages':[{'role':'system','content':'X'},{'content':'d','role':'developer'}");
    var entry = found(RequestFields.CHAT, body).entries().getFirst();
    assertThat(entry.isMarked()).isFalse();
    assertThat(entry.lifetimeSeconds()).isZero();
  }

  @Test
  void whereNothingLeadsTheToolsDoOrElseTheFirstMessage() {
    assertThat(
            entries(
                RequestFields.CHAT,
                "{'tools':[{'description':'X'}],'messages':[{'role':'user','content':'a'}]}"))
        .containsExactly("'tools':[{'description':'X'}]");
    assertThat(
            entries(
                RequestFields.CHAT,
                "{'tools':[],'messages':[{'role':'user','content':'X'},{'role':'user','content':'b'}]}"))
        .containsExactly("'messages':[{'role':'user','content':'X'}");
  }

  @Test
  void responsesLeadWithTheirInstructions() {
    assertThat(
            entries(
                RequestFields.RESPONSES,
                """
                {'instructions':'X','input':[{'role':'developer','content':'d'},{'type':'reasoning'}],\
                'reasoning':{'effort':'low'}}\
                """))
        .containsExactly(
            "'reasoning':{'effort':'low'}|'instructions':'X'|'input':[{'role':'developer','content':'d'}");
    assertThat(entries(RequestFields.RESPONSES, "{'instructions':'X','input':'b'}"))
        .containsExactly("'instructions':'X'");
    assertThat(entries(RequestFields.RESPONSES, "{'input':'X'}")).containsExactly("'input':'X'");
  }

  @Test
  void breakpointsAreEntriesBesideTheLeadingBlock() {
    var blocks = new StringBuilder();
    for (var i = 0; i < 5; i++) {
      blocks.append(
          ",{'type':'text','text':'%s','prompt_cache_breakpoint':{'mode':'explicit'}}"
              .formatted(i));
    }
    var messages =
        "'messages':[{'role':'system','content':'X'},{'role':'user','content':[{'text':'a'}%s]}]"
            .formatted(blocks);
    var start =
        "'messages':[{'role':'system','content':'X'},{'role':'user','content':[{'text':'a'}"
            + ",{'type':'text','text':'0'},{'type':'text','text':'1'}";
    assertThat(entries(RequestFields.CHAT, "{" + messages + "}"))
        .as("implicit: the leading block and the latest three")
        .containsExactly(
            "'messages':[{'role':'system','content':'X'}",
            start + ",{'type':'text','text':'2'}",
            start + ",{'type':'text','text':'2'},{'type':'text','text':'3'}",
            start
                + ",{'type':'text','text':'2'},{'type':'text','text':'3'},{'type':'text','text':'4'}");
    var explicit =
        "{" + messages + ",'prompt_cache_options':{'ttl':'30m','prewarm':true,'mode':'explicit'}}";
    assertThat(entries(RequestFields.CHAT, explicit))
        .as("explicit: the latest four and no other")
        .hasSize(4)
        .first()
        .isEqualTo("'mode':'explicit'|'ttl':'30m'|" + start);
    assertThat(found(RequestFields.CHAT, explicit).entries())
        .allMatch(entry -> entry.isMarked() && entry.lifetimeSeconds() == 1_800);
    assertThat(
            layout(
                RequestFields.CHAT,
                "{'messages':[{'role':'system','content':'X'}],'prompt_cache_options':{'mode':'explicit'}}"))
        .as("explicit without a breakpoint: off")
        .isNull();
    assertThat(
            found(
                    RequestFields.RESPONSES,
                    "{'instructions':'X','prompt_cache_options':{'ttl':'12h'}}")
                .entries())
        .extracting(Entry::lifetimeSeconds)
        .containsExactly(43_200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'messages':[{'role':'user','content':'short'}]}",
        "{'messages':5,'tools':[{'a':'X'}]}",
        "{'messages':[5],'tools':[{'a':'X'}]}",
        "{'messages':[],'prompt_cache_key':'X'}",
        "{'tools':'X'}",
        "{'tools':[5,'X']}",
        "{'prompt_cache_options':5,'messages':[{'role':'system','content':'X'}]}"
      })
  void aChatThatIsShortOrOfNoKnownFormHasNoLayout(String body) {
    assertThat(layout(RequestFields.CHAT, body)).isNull();
  }

  // ---- Gemini ----

  @Test
  void geminiLeadsWithToolsAndInstructionOrTheFirstContent() {
    assertThat(
            entries(
                RequestFields.GEMINI,
                """
                {'contents':[{'parts':[{'text':'a'}]}],'system_instruction':{'parts':[{'text':'X'}]},\
                'generationConfig':{'maxOutputTokens':5},'tools':[{'googleSearch':{}}],'toolConfig':{}}\
                """))
        .containsExactly(
            "'toolConfig':{}|'tools':[{'googleSearch':{}}]|'system_instruction':{'parts':[{'text':'X'}]}");
    assertThat(
            entries(
                RequestFields.GEMINI, "{'contents':[{'parts':[{'text':'X'}]},{'role':'model'}]}"))
        .containsExactly("'contents':[{'parts':[{'text':'X'}]}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cachedContent", "cached_content"})
  void aNamedCacheIsSaid(String name) {
    var layout = found(RequestFields.GEMINI, "{'contents':[],'" + name + "':'cachedContents/a'}");
    assertThat(layout.isExplicitCache()).isTrue();
    assertThat(layout.entries()).isEmpty();
    assertThat(layout(RequestFields.GEMINI, "{'contents':[],'" + name + "':null}")).isNull();
  }

  // ---- hostile ----

  @Test
  void markersWithoutNumberAreNoLayout() {
    var body =
        "{'system':["
            + "{'text':'X','cache_control':null},".repeat(2_000)
            + "{'cache_control':{}}]}";
    assertThat(layout(RequestFields.MESSAGES, body)).isNull();
    assertThat(
            layout(
                RequestFields.MESSAGES,
                "{'system':[{'cache_control':{}}" + ",{'cache_control':{}}".repeat(5_000) + "]}"))
        .isNull();
  }

  @Test
  void deepNestingAroundAMarkerIsSkipped() {
    var deep = "[".repeat(900) + "{'cache_control':{}}" + "]".repeat(900);
    assertThat(
            entries(
                RequestFields.MESSAGES,
                "{'system':[{'input':" + deep + ",'text':'X','cache_control':{}}]}"))
        .containsExactly("'system':[{'input':" + deep + ",'text':'X'}");
  }
}

package dev.sluice.admin.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What the scripted provider's cache reads and writes, in virtual time. */
class PromptCacheTest {

  private static final String LONG = "rule ".repeat(2_000);
  private static final String MARKER = ",\"cache_control\":{\"type\":\"ephemeral\"}";
  private static final String HOUR = ",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}";
  private static final Script SCRIPT = Script.parse("cache");

  private final CacheBook book = new CacheBook();
  private final PromptCache cache = new PromptCache(book);

  private static String block(String text, String marker) {
    return "{\"type\":\"text\",\"text\":\"" + text + "\"" + marker + "}";
  }

  private static String messages(String system, String question) {
    return "{\"model\":\"m\",\"system\":["
        + system
        + "],\"messages\":[{\"role\":\"user\",\"content\":"
        + question
        + "}]}";
  }

  private static long at(double seconds) {
    return (long) (seconds * TimeUnit.SECONDS.toNanos(1));
  }

  private PromptCache.Visit look(Script script, String account, String body, double seconds) {
    CachePrompt prompt = CachePrompt.of(Answer.Api.MESSAGES, body.getBytes(StandardCharsets.UTF_8));
    return Objects.requireNonNull(
        cache.look(script, "-", account, "m", prompt, at(seconds), at(seconds)));
  }

  private PromptCache.Visit look(String body, double seconds) {
    return look(SCRIPT, "a", body, seconds);
  }

  private static final String FIRST = messages(block(LONG, MARKER), "\"one\"");
  private static final String SECOND = messages(block(LONG, MARKER), "\"two\"");

  @Test
  void anEntryIsReadableOnceTheAnswerThatWritesItHasBegun() {
    PromptCache.Visit first = look(FIRST, 0);
    assertThat(look(SECOND, 0.5).isRead()).isFalse();
    cache.begun(first, at(0.7));
    assertThat(look(SECOND, 0.69).isRead()).isFalse();
    PromptCache.Visit reader = look(SECOND, 0.7);
    assertThat(reader.isRead()).isTrue();
    assertThat(reader.cached()).isEqualTo(first.written()).isBetween(2_500L, 2_520L);
    assertThat(book.writes()).isEqualTo(3);
    assertThat(book.reads()).isEqualTo(1);
    assertThat(book.entries())
        .singleElement()
        .extracting(CacheBook.Entry::writersPeak)
        .isEqualTo(3);
  }

  @Test
  void itLivesFromTheStartOfItsRequestAndIsRenewedByEachUse() {
    cache.begun(look(FIRST, 0), at(200));
    assertThat(look(SECOND, 299).isRead()).isTrue();
    assertThat(look(SECOND, 598).isRead()).isTrue();
    assertThat(look(SECOND, 898).isRead()).isFalse();
  }

  @Test
  void aScriptMakesItsLifeShorter() {
    Script brief = Script.parse("cache;life=4s");
    cache.begun(look(brief, "a", FIRST, 0), at(1));
    assertThat(look(brief, "a", SECOND, 3.9).isRead()).isTrue();
    assertThat(look(brief, "a", SECOND, 8).isRead()).isFalse();
  }

  @Test
  void anotherAccountAnotherModelAndAnotherPrefixFindNothing() {
    cache.begun(look(FIRST, 0), at(1));
    assertThat(look(SCRIPT, "b", FIRST, 2).isRead()).isFalse();
    CachePrompt prompt =
        CachePrompt.of(Answer.Api.MESSAGES, FIRST.getBytes(StandardCharsets.UTF_8));
    assertThat(
            Objects.requireNonNull(cache.look(SCRIPT, "-", "a", "n", prompt, at(2), at(2)))
                .isRead())
        .isFalse();
    assertThat(look(messages(block("x" + LONG, MARKER), "\"one\""), 2).isRead()).isFalse();
    assertThat(look(FIRST, 2).isRead()).isTrue();
  }

  @Test
  void toolsComeBeforeSystemWhereverTheyStandInTheBody() {
    String tool = "\"tools\":[{\"name\":\"t\"}],";
    cache.begun(look("{" + tool + FIRST.substring(1), 0), at(1));
    String last = SECOND.substring(0, SECOND.length() - 1) + "," + tool;
    assertThat(look(last.substring(0, last.length() - 1) + "}", 2).isRead()).isTrue();
    assertThat(look(SECOND, 2).isRead()).isFalse();
  }

  @Test
  void eachBreakpointWritesItsPartForItsOwnLife() {
    String both =
        messages(block(LONG, HOUR), "[" + block(LONG, MARKER) + "," + block("and now", "") + "]");
    PromptCache.Visit first = look(both, 0);
    assertThat(first.written1h()).isBetween(2_500L, 2_520L);
    assertThat(first.written()).isBetween(2_500L, 2_520L);
    cache.begun(first, at(1));
    PromptCache.Visit later = look(both, 301);
    assertThat(later.cached()).isEqualTo(first.written1h());
    assertThat(later.written()).isEqualTo(first.written());
    assertThat(later.written1h()).isZero();
  }

  @Test
  void aBreakpointThatHasMovedOnFindsTheEntryBehindIt() {
    cache.begun(look(FIRST, 0), at(1));
    String grown = messages(block(LONG, "") + "," + block(LONG, MARKER), "\"one\"");
    PromptCache.Visit visit = look(grown, 2);
    assertThat(visit.cached()).isBetween(2_500L, 2_520L);
    assertThat(visit.written()).isBetween(2_500L, 2_520L);
  }

  @Test
  void aShortPromptAndOneWithoutABreakpointAreNotCached() {
    for (String body :
        new String[] {messages(block("short", MARKER), "\"?\""), messages(block(LONG, ""), "1")}) {
      CachePrompt prompt =
          CachePrompt.of(Answer.Api.MESSAGES, body.getBytes(StandardCharsets.UTF_8));
      assertThat(cache.look(SCRIPT, "-", "a", "m", prompt, 0, 0)).isNull();
    }
    assertThat(book.uses()).isEmpty();
  }

  @Test
  void aUseIsReadAsItWasWritten() {
    cache.begun(look(FIRST, 1), at(2));
    assertThat(CacheBook.Use.parse(book.text().strip())).isEqualTo(book.uses().getFirst());
  }
}

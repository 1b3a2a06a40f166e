package dev.sluice.admin.demo;

import dev.sluice.admin.demo.Fault.Effect;
import dev.sluice.admin.demo.Fault.Point;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How {@link ScriptedProvider} answers one request. Immutable.
 *
 * <p>The text form is a list of {@code name=value}, parted by semicolons; {@code %XX} stands for a
 * byte, so that line ends, semicolons and colons can be written. Durations are whole numbers with
 * {@code ms}, {@code s} or {@code m}.
 *
 * <pre>
 * events=20          pieces of text (or of tool arguments) in the answer
 * size=40            bytes of text in each piece; without it, words
 * pace=50ms          time between two events
 * gap=52s@3          silence before event 3 on the wire, counted from 1; may be repeated
 * first=2s           silence before the head
 * cache              a prompt cache (Anthropic messages, OpenAI chat and responses): what a request
 *                    reads from it and writes to it is found out, and told in its usage
 * life=4s            with cache: how long an entry lives; without it, as long as the providers' do
 * read=150ms         with cache: silence before the head where all was read; at most first
 * tool               answer with a tool call instead of text
 * input=272001       input tokens counted, whatever the body; without it, a token for four bytes
 * cached=900         input tokens reported as read from the cache
 * written=500        input tokens reported as written to it: for 5 minutes at Anthropic, for 30 at
 *                    OpenAI; Gemini has none
 * written1h=500      the same for an hour, at Anthropic
 * factor=1.3         input tokens counted for the same body, times this: another tokenizer
 * echo               each piece ends in the CRC-32 of the request body, so that no two questions have
 *                    the same answer
 * tier=flex          service tier as served, where the API tells of one
 * reasoning=40       output tokens reported as reasoning, on top of the events
 * usage=asked        OpenAI chat streams: asked (the default), always, never, finish (on the
 *                    finish chunk, without an event of its own)
 * burst=16           events per write where there is no pace
 * split=7            cut the body at random places, this being the seed; split=bytes: every byte
 * eol=crlf           line ends in events
 * framing=close      body until the connection closes; framing=chunked: JSON in chunks too
 * header=Name%3A v   one more header field; may be repeated
 * at=inside@3:reset  a fault, see {@link Fault}; may be repeated
 * </pre>
 *
 * For example {@code events=20;pace=50ms;gap=52s@8} is an answer with a tool gap.
 *
 * @param events pieces of content
 * @param size bytes per piece, or 0 for words
 * @param input input tokens, or {@link #BY_BODY}
 * @param tier empty for none
 * @param life of an entry of the prompt cache; zero for the providers' own
 * @param gaps silence before the event with that number
 * @param split seed of random cuts; {@link #NO_SPLIT} or {@link #EVERY_BYTE}
 */
public record Script(
    int events,
    int size,
    Duration pace,
    Duration first,
    boolean cache,
    Duration life,
    Duration read,
    Map<Integer, Duration> gaps,
    boolean tool,
    boolean echo,
    int input,
    int cached,
    int written,
    int written1h,
    String tier,
    double factor,
    int reasoning,
    UsageForm usage,
    int burst,
    long split,
    boolean crlf,
    Framing framing,
    List<String> headers,
    List<Fault> faults) {

  public static final int BY_BODY = -1;
  public static final long NO_SPLIT = -1;
  public static final long EVERY_BYTE = -2;

  /** Twenty words at once. */
  public static final Script PLAIN = parse("");

  /** What a newcomer sees: words at the pace of a model, and a silence as of a tool at work. */
  public static final Script DEMO = parse("events=24;pace=60ms;gap=7s@10");

  /** Longer than anybody waits. */
  static final Duration FOREVER = Duration.ofDays(365);

  /** When an OpenAI chat stream says what it billed. */
  public enum UsageForm {
    ASKED,
    ALWAYS,
    NEVER,
    FINISH
  }

  /** How the end of the body is known. */
  public enum Framing {
    /** JSON by length, streams in chunks. */
    AUTO,
    CHUNKED,
    CLOSE
  }

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException naming the part that is not understood
   */
  public static Script parse(String text) {
    return new Parser().parse(text);
  }

  /** What is left to be played of a script with a cache, once that has been asked. */
  Script after(PromptCache.@Nullable Visit visit) {
    boolean isRead = visit != null && visit.isRead();
    return new Script(
        events,
        size,
        pace,
        isRead ? Duration.ZERO : first.minus(read),
        false,
        Duration.ZERO,
        Duration.ZERO,
        gaps,
        tool,
        echo,
        input,
        visit == null ? 0 : Math.toIntExact(visit.cached()),
        visit == null ? 0 : Math.toIntExact(visit.written()),
        visit == null ? 0 : Math.toIntExact(visit.written1h()),
        tier,
        factor,
        reasoning,
        usage,
        burst,
        split,
        crlf,
        framing,
        headers,
        faults);
  }

  private static final class Parser {
    private int events = 20;
    private int size;
    private Duration pace = Duration.ZERO;
    private Duration first = Duration.ZERO;
    private boolean cache;
    private Duration life = Duration.ZERO;
    private Duration read = Duration.ZERO;
    private final Map<Integer, Duration> gaps = new HashMap<>();
    private boolean tool;
    private boolean echo;
    private int input = BY_BODY;
    private int cached;
    private int written;
    private int written1h;
    private String tier = "";
    private double factor = 1;
    private int reasoning;
    private UsageForm usage = UsageForm.ASKED;
    private int burst = 1;
    private long split = NO_SPLIT;
    private boolean crlf;
    private Framing framing = Framing.AUTO;
    private final List<String> headers = new ArrayList<>();
    private final List<Fault> faults = new ArrayList<>();

    Script parse(String text) {
      for (String part : text.split(";", 0)) {
        String item = part.strip();
        if (item.isEmpty()) {
          continue;
        }
        int equals = item.indexOf('=');
        String name = equals < 0 ? item : item.substring(0, equals);
        try {
          set(name, equals < 0 ? "" : item.substring(equals + 1));
        } catch (RuntimeException e) {
          throw new IllegalArgumentException(
              "script: \"" + item + "\" is not understood: " + e.getMessage(), e);
        }
      }
      if (read.compareTo(first) > 0) {
        throw new IllegalArgumentException(
            "script: read=" + read.toMillis() + "ms is more than first; raise first");
      }
      return new Script(
          events,
          size,
          pace,
          first,
          cache,
          life,
          read,
          Map.copyOf(gaps),
          tool,
          echo,
          input,
          cached,
          written,
          written1h,
          tier,
          factor,
          reasoning,
          usage,
          burst,
          split,
          crlf,
          framing,
          List.copyOf(headers),
          List.copyOf(faults));
    }

    private void set(String name, String value) {
      switch (name) {
        case "events" -> events = atLeast(0, value);
        case "size" -> size = atLeast(1, value);
        case "pace" -> pace = duration(value);
        case "first" -> first = duration(value);
        case "cache" -> cache = true;
        case "life" -> life = duration(value);
        case "read" -> read = duration(value);
        case "gap" -> {
          int at = value.indexOf('@');
          gaps.put(atLeast(1, value.substring(at + 1)), duration(value.substring(0, at)));
        }
        case "tool" -> tool = true;
        case "echo" -> echo = true;
        case "input" -> input = atLeast(1, value);
        case "cached" -> cached = atLeast(0, value);
        case "written" -> written = atLeast(0, value);
        case "written1h" -> written1h = atLeast(0, value);
        case "tier" -> tier = word(value);
        case "factor" -> factor = positive(value);
        case "reasoning" -> reasoning = atLeast(0, value);
        case "usage" -> usage = UsageForm.valueOf(upper(value));
        case "burst" -> burst = atLeast(1, value);
        case "split" -> split = value.equals("bytes") ? EVERY_BYTE : atLeast(0, value);
        case "eol" -> crlf = value.equals("crlf");
        case "framing" -> framing = Framing.valueOf(upper(value));
        case "header" -> headers.add(decode(value));
        case "at" -> faults.add(fault(value));
        default -> throw new IllegalArgumentException("no such name");
      }
    }

    private static Fault fault(String text) {
      String[] parts = text.split(":", 3);
      if (parts.length < 2) {
        throw new IllegalArgumentException("a fault is POINT:EFFECT[:ARGUMENT]");
      }
      return new Fault(point(parts[0]), effect(parts[1], parts.length > 2 ? parts[2] : null));
    }

    private static Point point(String text) {
      int at = text.indexOf('@');
      String name = at < 0 ? text : text.substring(0, at);
      return switch (name) {
        case "accept" -> new Point.Accept();
        case "head" -> new Point.Head();
        case "body" -> new Point.Body();
        case "between" -> new Point.Between(atLeast(0, text.substring(at + 1)));
        case "inside" -> new Point.Inside(atLeast(1, text.substring(at + 1)));
        case "end" -> new Point.End();
        default -> throw new IllegalArgumentException("no such point");
      };
    }

    private static Effect effect(String name, @Nullable String argument) {
      return switch (name) {
        case "reset" -> new Effect.Reset();
        case "close" -> new Effect.Close();
        case "silence" -> new Effect.Silence(duration(need(argument)));
        case "garbage" -> new Effect.Garbage();
        case "length" -> new Effect.WrongLength(Integer.parseInt(need(argument)));
        case "status" -> new Effect.Status(atLeast(200, need(argument)));
        case "error" -> new Effect.StreamError();
        case "slow" -> new Effect.Slow(duration(need(argument)));
        case "nomark" -> new Effect.NoEndMarker();
        case "gzip" -> new Effect.Gzip();
        case "interim" -> new Effect.Interim(atLeast(1, need(argument)));
        case "bomb" -> new Effect.HeaderBomb(atLeast(1, need(argument)));
        case "huge" -> new Effect.HugeEvent(atLeast(1, need(argument)));
        case "trailers" -> new Effect.Trailers();
        case "dupusage" -> new Effect.DuplicateUsage();
        case "event" -> new Effect.Extra(decode(need(argument)));
        case "raw" -> new Effect.Raw(decode(need(argument)));
        case "comment" -> new Effect.Extra(": " + decode(need(argument)) + "\n\n");
        case "id" -> new Effect.Extra("id: " + decode(need(argument)) + "\n\n");
        case "ping" -> new Effect.Extra("event: ping\ndata: {\"type\":\"ping\"}\n\n");
        default -> throw new IllegalArgumentException("no such effect");
      };
    }

    private static String need(@Nullable String argument) {
      if (argument == null) {
        throw new IllegalArgumentException("the effect needs an argument");
      }
      return argument;
    }

    private static String word(String text) {
      if (!text.matches("[a-z_]+")) {
        throw new IllegalArgumentException("a word in small letters is needed");
      }
      return text;
    }

    private static int atLeast(int least, String text) {
      int value = Integer.parseInt(text);
      if (value < least) {
        throw new IllegalArgumentException("at least " + least + " is needed");
      }
      return value;
    }

    private static double positive(String text) {
      double value = Double.parseDouble(text);
      if (!(value > 0 && value < 1_000)) {
        throw new IllegalArgumentException("a number above 0 and below 1000 is needed");
      }
      return value;
    }

    private static Duration duration(String text) {
      if (text.equals("forever")) {
        return FOREVER;
      }
      if (text.endsWith("ms")) {
        return Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)));
      }
      long value = Long.parseLong(text.substring(0, text.length() - 1));
      return switch (text.charAt(text.length() - 1)) {
        case 's' -> Duration.ofSeconds(value);
        case 'm' -> Duration.ofMinutes(value);
        default -> throw new IllegalArgumentException("durations end in ms, s or m");
      };
    }

    private static String upper(String text) {
      return text.toUpperCase(java.util.Locale.ROOT);
    }

    /** ISO 8859-1, so that every {@code %XX} is one byte: texts are written byte for byte. */
    private static String decode(String text) {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.ISO_8859_1);
    }
  }
}

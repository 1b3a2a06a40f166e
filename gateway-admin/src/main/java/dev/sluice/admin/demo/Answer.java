package dev.sluice.admin.demo;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What one API says to a request, before anything goes wrong. Shapes are those of the providers'
 * own documentation and SDK sources (OpenAI chat, responses, embeddings; Anthropic messages; Gemini
 * generateContent).
 *
 * @param contentType of the body
 * @param parts the events of a stream, or the one JSON body; ISO 8859-1 text is never needed, all
 *     of it is ASCII
 * @param output output tokens billed once the part with the same index has been sent
 * @param markerFrom index of the part that is the API's end marker, or the number of parts
 * @param usageAt index of the part that carries the final usage, or -1
 * @param input billed input
 * @param tier as billed
 * @param streamError the API's error inside a stream
 */
record Answer(
    int status,
    String contentType,
    List<String> parts,
    int[] output,
    int markerFrom,
    int usageAt,
    InputMeters input,
    String tier,
    String streamError) {

  /** The APIs that are spoken. */
  enum Api {
    CHAT,
    RESPONSES,
    EMBEDDINGS,
    OPENAI_OTHER,
    MESSAGES,
    COUNT_TOKENS,
    GEMINI
  }

  private static final InputMeters NO_INPUT = new InputMeters(0, 0, 0, 0, 0);
  private static final long CREATED = 1_795_000_000L;
  private static final String[] WORDS =
      ("While the tool was working, nobody said a word; the stream stayed open, and when the answer"
              + " came, it came whole. ")
          .split("(?<= )", 0);

  static Answer of(
      Api api,
      boolean stream,
      String model,
      boolean usageAsked,
      boolean base64,
      int bodyBytes,
      String echo,
      Script script) {
    long quarters = bodyBytes / 4;
    long input =
        script.input() == Script.BY_BODY
            ? Math.max(1, Math.round(quarters * script.factor()))
            : script.input();
    Maker maker = new Maker(api, stream, model, usageAsked, base64, input, echo, script);
    return maker.make();
  }

  /** An error in the API's own envelope. */
  static Answer error(Api api, int status, String message) {
    String body =
        switch (api) {
          case MESSAGES, COUNT_TOKENS ->
              "{\"type\":\"error\",\"error\":{\"type\":\""
                  + anthropicType(status)
                  + "\",\"message\":"
                  + quote(message)
                  + "},\"request_id\":\"req_scripted\"}";
          case GEMINI ->
              "{\"error\":{\"code\":"
                  + status
                  + ",\"message\":"
                  + quote(message)
                  + ",\"status\":\""
                  + geminiStatus(status)
                  + "\",\"details\":[]}}";
          default ->
              "{\"error\":{\"message\":"
                  + quote(message)
                  + ",\"type\":\""
                  + openAiType(status)
                  + "\",\"param\":null,\"code\":\""
                  + openAiCode(status)
                  + "\"}}";
        };
    return new Answer(
        status,
        "application/json",
        List.of(body),
        new int[1],
        1,
        -1,
        NO_INPUT,
        "",
        streamError(api));
  }

  static Answer json(String body) {
    return plain("application/json", body);
  }

  static Answer text(String body) {
    return plain("text/plain", body);
  }

  private static Answer plain(String contentType, String body) {
    return new Answer(200, contentType, List.of(body), new int[1], 1, -1, NO_INPUT, "", "");
  }

  private static String anthropicType(int status) {
    return switch (status) {
      case 400 -> "invalid_request_error";
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 413 -> "request_too_large";
      case 429 -> "rate_limit_error";
      case 504 -> "timeout_error";
      case 529 -> "overloaded_error";
      default -> "api_error";
    };
  }

  private static String geminiStatus(int status) {
    return switch (status) {
      case 400 -> "INVALID_ARGUMENT";
      case 401 -> "UNAUTHENTICATED";
      case 403 -> "PERMISSION_DENIED";
      case 404 -> "NOT_FOUND";
      case 429 -> "RESOURCE_EXHAUSTED";
      case 503 -> "UNAVAILABLE";
      case 504 -> "DEADLINE_EXCEEDED";
      default -> "INTERNAL";
    };
  }

  private static String openAiType(int status) {
    return status >= 500 ? "server_error" : status == 429 ? "requests" : "invalid_request_error";
  }

  private static String openAiCode(int status) {
    return switch (status) {
      case 401 -> "invalid_api_key";
      case 404 -> "model_not_found";
      case 429 -> "rate_limit_exceeded";
      default -> status >= 500 ? "server_error" : "invalid_request";
    };
  }

  private static String streamError(Api api) {
    return switch (api) {
      case MESSAGES, COUNT_TOKENS ->
          "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
              + "\"message\":\"Overloaded\"}}\n\n";
      case GEMINI ->
          "data: {\"error\":{\"code\":503,\"message\":\"The model is overloaded.\","
              + "\"status\":\"UNAVAILABLE\"}}\n\n";
      case RESPONSES ->
          "event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\",\"message\":"
              + "\"The server had an error\",\"param\":null,\"sequence_number\":99}\n\n";
      default ->
          "data: {\"error\":{\"message\":\"The server had an error\",\"type\":\"server_error\","
              + "\"param\":null,\"code\":\"server_error\"}}\n\n";
    };
  }

  /** A JSON string. */
  static String quote(String text) {
    StringBuilder out = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < 0x20 || c > 0x7e) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }

  /** Puts one answer together. */
  private static final class Maker {
    private final Api api;
    private final boolean stream;
    private final String model;
    private final boolean usageAsked;
    private final boolean base64;
    private final long input;
    private final InputMeters meters;
    private final String echo;
    private final Script script;
    private final List<String> parts = new ArrayList<>();
    private final List<Integer> output = new ArrayList<>();
    private int tokens;
    private int usageAt = -1;

    Maker(
        Api api,
        boolean stream,
        String model,
        boolean usageAsked,
        boolean base64,
        long input,
        String echo,
        Script script) {
      this.api = api;
      this.stream = stream;
      this.model = quote(model);
      this.usageAsked = usageAsked;
      this.base64 = base64;
      this.input = input;
      this.meters = InputMeters.of(api, input, script);
      this.echo = echo;
      this.script = script;
    }

    Answer make() {
      int marker = 0;
      if (!stream) {
        tokens = outputTokens();
        add(body());
        usageAt = 0;
      } else {
        switch (api) {
          case MESSAGES -> messages();
          case RESPONSES -> responses();
          case GEMINI -> gemini();
          default -> chat();
        }
        marker = parts.size() - 1;
      }
      return new Answer(
          200,
          stream ? "text/event-stream; charset=utf-8" : "application/json",
          List.copyOf(parts),
          output.stream().mapToInt(Integer::intValue).toArray(),
          marker,
          usageAt,
          meters,
          script.tier().isEmpty() || api == Api.EMBEDDINGS ? Invoice.STANDARD : script.tier(),
          streamError(api));
    }

    /** As OpenAI's and Anthropic's answers name it. */
    private String tier(String otherwise) {
      return quote(script.tier().isEmpty() ? otherwise : script.tier());
    }

    private int outputTokens() {
      return api == Api.EMBEDDINGS || api == Api.COUNT_TOKENS
          ? 0
          : script.events() + script.reasoning();
    }

    private void add(String part) {
      parts.add(script.crlf() && stream ? part.replace("\n", "\r\n") : part);
      output.add(tokens);
    }

    /** Text of content piece {@code i}, from 0: plain ASCII without quotes. */
    private String piece(int i) {
      if (script.tool()) {
        return i == 0
            ? "{\\\"city\\\":\\\""
            : i == script.events() - 1 ? "Turku\\\"}" : "x".repeat(Math.max(1, script.size()));
      }
      String word = script.size() == 0 ? WORDS[i % WORDS.length] : "w" + i + " ";
      return word.length() >= script.size()
          ? word + echo
          : word + "x".repeat(script.size() - word.length()) + echo;
    }

    private String whole() {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < script.events(); i++) {
        text.append(piece(i));
      }
      return text.toString();
    }

    private String body() {
      return switch (api) {
        case CHAT -> chatBody();
        case RESPONSES -> response("completed", true);
        case EMBEDDINGS -> embeddings();
        case MESSAGES -> messagesBody();
        case COUNT_TOKENS -> "{\"input_tokens\":" + input + "}";
        case GEMINI -> geminiChunk(whole(), "\"STOP\"", true);
        case OPENAI_OTHER -> "{\"object\":\"list\",\"data\":[],\"model\":" + model + "}";
      };
    }

    // OpenAI chat completions

    private String chatUsage() {
      int completion = script.events() + script.reasoning();
      return "{\"prompt_tokens\":"
          + input
          + ",\"completion_tokens\":"
          + completion
          + ",\"total_tokens\":"
          + (input + completion)
          + ",\"prompt_tokens_details\":{\"cached_tokens\":"
          + meters.cached()
          + ",\"audio_tokens\":0"
          + (script.written() > 0 ? ",\"cache_write_tokens\":" + meters.written30m() : "")
          + "},\"completion_tokens_details\":{\"reasoning_tokens\":"
          + script.reasoning()
          + ",\"audio_tokens\":0,\"accepted_prediction_tokens\":0,"
          + "\"rejected_prediction_tokens\":0}}";
    }

    private String chatBody() {
      String message =
          script.tool()
              ? "{\"role\":\"assistant\",\"content\":null,\"refusal\":null,\"tool_calls\":[{\"id\":"
                  + "\"call_scripted\",\"type\":\"function\",\"function\":{\"name\":\"weather\","
                  + "\"arguments\":\""
                  + whole()
                  + "\"}}]}"
              : "{\"role\":\"assistant\",\"content\":\"" + whole() + "\",\"refusal\":null}";
      return "{\"id\":\"chatcmpl-scripted\",\"object\":\"chat.completion\",\"created\":"
          + CREATED
          + ",\"model\":"
          + model
          + ",\"choices\":[{\"index\":0,\"message\":"
          + message
          + ",\"logprobs\":null,\"finish_reason\":\""
          + (script.tool() ? "tool_calls" : "stop")
          + "\"}],\"usage\":"
          + chatUsage()
          + ",\"service_tier\":"
          + tier("default")
          + ",\"system_fingerprint\":null}";
    }

    private void chunk(String choices, @Nullable String usage) {
      add(
          "data: {\"id\":\"chatcmpl-scripted\",\"object\":\"chat.completion.chunk\",\"created\":"
              + CREATED
              + ",\"model\":"
              + model
              + ",\"service_tier\":"
              + tier("default")
              + ",\"system_fingerprint\":null,\"choices\":"
              + choices
              + (usage == null ? "" : ",\"usage\":" + usage)
              + "}\n\n");
    }

    private static String choice(String delta, String finish) {
      return "[{\"index\":0,\"delta\":"
          + delta
          + ",\"logprobs\":null,\"finish_reason\":"
          + finish
          + "}]";
    }

    private void chat() {
      boolean own =
          script.usage() == Script.UsageForm.ALWAYS
              || (script.usage() == Script.UsageForm.ASKED && usageAsked);
      String none = own ? "null" : null;
      if (script.tool()) {
        chunk(
            choice(
                "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\":0,\"id\":"
                    + "\"call_scripted\",\"type\":\"function\",\"function\":{\"name\":\"weather\","
                    + "\"arguments\":\"\"}}]}",
                "null"),
            none);
      } else {
        chunk(choice("{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}", "null"), none);
      }
      for (int i = 0; i < script.events(); i++) {
        tokens++;
        String delta =
            script.tool()
                ? "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\""
                    + piece(i)
                    + "\"}}]}"
                : "{\"content\":\"" + piece(i) + "\"}";
        chunk(choice(delta, "null"), none);
      }
      tokens = outputTokens();
      boolean onFinish = script.usage() == Script.UsageForm.FINISH;
      chunk(
          choice("{}", script.tool() ? "\"tool_calls\"" : "\"stop\""),
          onFinish ? chatUsage() : none);
      usageAt = onFinish ? parts.size() - 1 : -1;
      if (own) {
        chunk("[]", chatUsage());
        usageAt = parts.size() - 1;
      }
      add("data: [DONE]\n\n");
    }

    // OpenAI responses

    private String item(String status, boolean whole) {
      String text = whole ? whole() : "";
      return script.tool()
          ? "{\"id\":\"fc_scripted\",\"type\":\"function_call\",\"status\":\""
              + status
              + "\",\"call_id\":\"call_scripted\",\"name\":\"weather\",\"arguments\":\""
              + text
              + "\"}"
          : "{\"id\":\"msg_scripted\",\"type\":\"message\",\"status\":\""
              + status
              + "\",\"role\":\"assistant\",\"content\":["
              + (whole ? textPart(text) : "")
              + "]}";
    }

    private static String textPart(String text) {
      return "{\"type\":\"output_text\",\"text\":\""
          + text
          + "\",\"annotations\":[],"
          + "\"logprobs\":[]}";
    }

    private String response(String status, boolean whole) {
      long out = outputTokens();
      String usage =
          whole
              ? "{\"input_tokens\":"
                  + input
                  + ",\"input_tokens_details\":{\"cached_tokens\":"
                  + meters.cached()
                  + ",\"cache_write_tokens\":"
                  + meters.written30m()
                  + "},\"output_tokens\":"
                  + out
                  + ",\"output_tokens_details\":{\"reasoning_tokens\":"
                  + script.reasoning()
                  + "},\"total_tokens\":"
                  + (input + out)
                  + "}"
              : "null";
      return "{\"id\":\"resp_scripted\",\"object\":\"response\",\"created_at\":"
          + CREATED
          + ",\"status\":\""
          + status
          + "\",\"error\":null,\"incomplete_details\":null,\"instructions\":null,"
          + "\"max_output_tokens\":null,\"model\":"
          + model
          + ",\"output\":["
          + (whole ? item("completed", true) : "")
          + "],\"parallel_tool_calls\":true,\"previous_response_id\":null,\"service_tier\":"
          + tier("default")
          + ",\"store\":true,\"temperature\":1.0,\"text\":{\"format\":{\"type\":"
          + "\"text\"}},\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":1.0,\"truncation\":"
          + "\"disabled\",\"usage\":"
          + usage
          + ",\"user\":null,\"metadata\":{}}";
    }

    private void event(String type, String rest) {
      add(
          "event: "
              + type
              + "\ndata: {\"type\":\""
              + type
              + "\",\"sequence_number\":"
              + parts.size()
              + ","
              + rest
              + "}\n\n");
    }

    private void responses() {
      String at =
          script.tool()
              ? "\"item_id\":\"fc_scripted\",\"output_index\":0,"
              : "\"item_id\":\"msg_scripted\",\"output_index\":0,\"content_index\":0,";
      event("response.created", "\"response\":" + response("in_progress", false));
      event("response.in_progress", "\"response\":" + response("in_progress", false));
      event(
          "response.output_item.added",
          "\"output_index\":0,\"item\":" + item("in_progress", false));
      if (!script.tool()) {
        event("response.content_part.added", at + "\"part\":" + textPart(""));
      }
      for (int i = 0; i < script.events(); i++) {
        tokens++;
        event(
            script.tool() ? "response.function_call_arguments.delta" : "response.output_text.delta",
            at + "\"delta\":\"" + piece(i) + "\"" + (script.tool() ? "" : ",\"logprobs\":[]"));
      }
      tokens = outputTokens();
      if (script.tool()) {
        event(
            "response.function_call_arguments.done",
            at + "\"name\":\"weather\",\"arguments\":\"" + whole() + "\"");
      } else {
        event("response.output_text.done", at + "\"text\":\"" + whole() + "\",\"logprobs\":[]");
        event("response.content_part.done", at + "\"part\":" + textPart(whole()));
      }
      event("response.output_item.done", "\"output_index\":0,\"item\":" + item("completed", true));
      event("response.completed", "\"response\":" + response("completed", true));
      usageAt = parts.size() - 1;
    }

    private String embeddings() {
      String vector = "[0.25,-0.5,0.125,1.0]";
      if (base64) {
        ByteBuffer floats = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        floats.putFloat(0.25f).putFloat(-0.5f).putFloat(0.125f).putFloat(1.0f);
        vector = '"' + Base64.getEncoder().encodeToString(floats.array()) + '"';
      }
      return "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":"
          + vector
          + "}],\"model\":"
          + model
          + ",\"usage\":{\"prompt_tokens\":"
          + input
          + ",\"total_tokens\":"
          + input
          + "}}";
    }

    // Anthropic messages

    private String messagesUsage(long out) {
      return "{\"input_tokens\":"
          + meters.uncached()
          + ",\"cache_creation_input_tokens\":"
          + (meters.written5m() + meters.written1h())
          + ",\"cache_read_input_tokens\":"
          + meters.cached()
          + ",\"cache_creation\":{\"ephemeral_5m_input_tokens\":"
          + meters.written5m()
          + ",\"ephemeral_1h_input_tokens\":"
          + meters.written1h()
          + "},\"output_tokens\":"
          + out
          + ",\"service_tier\":"
          + tier("standard")
          + "}";
    }

    private String message(String content, String stop, String usage) {
      return "{\"id\":\"msg_scripted\",\"type\":\"message\",\"role\":\"assistant\",\"model\":"
          + model
          + ",\"content\":["
          + content
          + "],\"stop_reason\":"
          + stop
          + ",\"stop_sequence\":null,\"usage\":"
          + usage
          + "}";
    }

    private String messagesBody() {
      String content =
          script.tool()
              ? "{\"type\":\"tool_use\",\"id\":\"toolu_scripted\",\"name\":\"weather\",\"input\":"
                  + whole().replace("\\\"", "\"")
                  + "}"
              : "{\"type\":\"text\",\"text\":\"" + whole() + "\"}";
      return message(
          content, script.tool() ? "\"tool_use\"" : "\"end_turn\"", messagesUsage(outputTokens()));
    }

    private void named(String type, String rest) {
      add("event: " + type + "\ndata: {\"type\":\"" + type + "\"" + rest + "}\n\n");
    }

    private void messages() {
      named("message_start", ",\"message\":" + message("", "null", messagesUsage(1)));
      named(
          "content_block_start",
          ",\"index\":0,\"content_block\":"
              + (script.tool()
                  ? "{\"type\":\"tool_use\",\"id\":\"toolu_scripted\",\"name\":\"weather\","
                      + "\"input\":{}}"
                  : "{\"type\":\"text\",\"text\":\"\"}"));
      named("ping", "");
      for (int i = 0; i < script.events(); i++) {
        tokens++;
        named(
            "content_block_delta",
            ",\"index\":0,\"delta\":"
                + (script.tool()
                    ? "{\"type\":\"input_json_delta\",\"partial_json\":\"" + piece(i) + "\"}"
                    : "{\"type\":\"text_delta\",\"text\":\"" + piece(i) + "\"}"));
      }
      tokens = outputTokens();
      named("content_block_stop", ",\"index\":0");
      named(
          "message_delta",
          ",\"delta\":{\"stop_reason\":\""
              + (script.tool() ? "tool_use" : "end_turn")
              + "\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":"
              + tokens
              + "}");
      usageAt = parts.size() - 1;
      named("message_stop", "");
    }

    // Gemini

    private String geminiChunk(String text, String finish, boolean last) {
      long out = last ? script.events() : tokens;
      long thoughts = last ? script.reasoning() : 0;
      String content =
          script.tool()
              ? last
                  ? "{\"functionCall\":{\"id\":\"fc_scripted\",\"name\":\"weather\",\"args\":"
                      + "{\"city\":\"Turku\"}}}"
                  : "{\"text\":\"\"}"
              : "{\"text\":\"" + text + "\"}";
      return "{\"candidates\":[{\"content\":{\"parts\":["
          + content
          + "],\"role\":\"model\"},"
          + (finish.equals("null") ? "" : "\"finishReason\":" + finish + ",")
          + "\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":"
          + input
          + (script.cached() > 0 ? ",\"cachedContentTokenCount\":" + meters.cached() : "")
          + ",\"candidatesTokenCount\":"
          + out
          + (thoughts > 0 ? ",\"thoughtsTokenCount\":" + thoughts : "")
          + ",\"totalTokenCount\":"
          + (input + out + thoughts)
          + traffic()
          + "},\"modelVersion\":"
          + model
          + ",\"responseId\":\"resp_scripted\"}";
    }

    /** Gemini's word for a tier. */
    private String traffic() {
      return script.tier().isEmpty()
          ? ""
          : ",\"trafficType\":\"ON_DEMAND_" + script.tier().toUpperCase(Locale.ROOT) + '"';
    }

    private void gemini() {
      for (int i = 0; i < script.events(); i++) {
        tokens++;
        add("data: " + geminiChunk(piece(i), "null", false) + "\n\n");
      }
      tokens = outputTokens();
      add("data: " + geminiChunk("", "\"STOP\"", true) + "\n\n");
      usageAt = parts.size() - 1;
    }
  }
}

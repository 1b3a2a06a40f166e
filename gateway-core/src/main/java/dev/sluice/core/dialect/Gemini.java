package dev.sluice.core.dialect;

import dev.sluice.sse.keepalive.KeepAliveForm;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Gemini: generateContent in both forms, and every other path passed through. */
public final class Gemini implements Dialect {

  /** Which of them. */
  enum Kind {
    GENERATE("gemini.generate", "generate_content"),
    OTHER("gemini.other", "other");

    private final String name;
    private final String operation;

    Kind(String name, String operation) {
      this.name = name;
      this.operation = operation;
    }
  }

  private static final String KEY = "key=";

  private final Kind kind;

  Gemini(Kind kind) {
    this.kind = kind;
  }

  @Override
  public String name() {
    return kind.name;
  }

  @Override
  public String operation() {
    return kind.operation;
  }

  @Override
  public String providerName() {
    return "gcp.gemini";
  }

  @Override
  public boolean needsJsonBody() {
    return kind == Kind.GENERATE;
  }

  @Override
  public boolean billsTokens() {
    return kind == Kind.GENERATE;
  }

  @Override
  public RequestScan newScan() {
    return new RequestScan(kind == Kind.GENERATE ? RequestFields.GEMINI : RequestFields.OTHER);
  }

  @Override
  public @Nullable String clientKey(HttpHeaders headers, String query) {
    var key = ClientKeys.field(headers, ClientKeys.X_GOOG_API_KEY);
    if (key == null) {
      key = queryKey(query);
    }
    return key != null ? key : ClientKeys.bearer(headers);
  }

  /** The value of {@code key} in the query; null where it is missing, empty or stands twice. */
  private static @Nullable String queryKey(String query) {
    String key = null;
    for (var parameter : query.split("&", -1)) {
      var decoded = decoded(parameter);
      if (decoded.startsWith(KEY)) {
        if (key != null) {
          return null;
        }
        key = decoded.substring(KEY.length());
      }
    }
    return key == null || key.isEmpty() ? null : key;
  }

  /** As the provider resolves it: a key must not stay behind for an encoded letter of its name. */
  private static String decoded(String value) {
    try {
      return URLDecoder.decode(value, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // A broken escape: the key is what it is, and will be nobody's.
      return value;
    }
  }

  @Override
  public String withoutClientKey(String target) {
    var question = target.indexOf('?');
    if (question < 0) {
      return target;
    }
    var kept = new StringBuilder(target.length()).append(target, 0, question);
    var separator = '?';
    for (var parameter : target.substring(question + 1).split("&", -1)) {
      if (!decoded(parameter).startsWith(KEY)) {
        kept.append(separator).append(parameter);
        separator = '&';
      }
    }
    return kept.toString();
  }

  @Override
  public Iterable<String> keyFields() {
    return ClientKeys.FIELDS;
  }

  @Override
  public void putProviderKey(HttpHeaders headers, String key) {
    headers.set(ClientKeys.X_GOOG_API_KEY, key);
  }

  @Override
  public UsageReader newUsageReader(boolean swallowUsage) {
    return new GeminiUsage(kind == Kind.GENERATE);
  }

  @Override
  public byte[] envelope(Refusal refusal, String requestId) {
    return JsonText.utf8(text(refusal, refusal.status()));
  }

  /** Google's SDK raises only where {@code code} is a number from 400 to 599. */
  @Override
  public byte[] streamError(Refusal refusal, String requestId, long eventsSoFar) {
    var status = refusal.status();
    var code = status >= 400 && status <= 599 ? status : 503;
    return JsonText.utf8("data: " + text(refusal, code) + "\n\n");
  }

  private static String text(Refusal refusal, int code) {
    // The envelope has no place for a code of ours.
    return "{\"error\":{\"code\":"
        + code
        + ",\"message\":"
        + JsonText.quoted(refusal.message() + " (sluice: " + refusal.code() + ")")
        + ",\"status\":\""
        + status(code)
        + "\",\"details\":[]}}";
  }

  /** google.rpc.Code for an HTTP status (googleapis google/rpc/code.proto). */
  private static String status(int code) {
    return switch (code) {
      case 401 -> "UNAUTHENTICATED";
      case 403 -> "PERMISSION_DENIED";
      case 404 -> "NOT_FOUND";
      case 408, 504 -> "DEADLINE_EXCEEDED";
      case 409 -> "ABORTED";
      case 429 -> "RESOURCE_EXHAUSTED";
      case 499 -> "CANCELLED";
      case 501 -> "UNIMPLEMENTED";
      case 502, 503, 529 -> "UNAVAILABLE";
      default -> code < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
    };
  }

  @Override
  public KeepAliveForm keepAliveForm() {
    return new KeepAliveForm(null, false);
  }
}

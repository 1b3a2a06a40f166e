package dev.sluice.core.flow;

import static java.util.Objects.requireNonNull;

import dev.sluice.billing.estimate.TextShape;
import dev.sluice.billing.team.TeamId;
import dev.sluice.core.dialect.Dialect;
import dev.sluice.core.dialect.RequestFacts;
import dev.sluice.core.dialect.RequestScan;
import dev.sluice.core.identity.CallId;
import dev.sluice.core.identity.CallIdentity;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one client asked. Dies with the client, or when its body has been handed to the provider.
 * Confined to the client's loop.
 */
public final class Request {

  final ClientPort port;
  final CallId id;
  final HttpMethod method;
  HttpHeaders headers;
  final long startedNanos;
  final long startedEpochMillis;

  // Known once it was routed; a request without a route is refused and has none of these.
  @Nullable Dialect dialect;
  @Nullable RoutePolicy policy;
  String target = "/";
  @Nullable String modelInPath;
  boolean streamInPath;

  // Known once it was identified.
  @Nullable TeamId team;

  /** Public id of the key by which it was. */
  @Nullable String keyId;

  /** What the client says of the call. */
  Map<String, String> tags = Map.of();

  // The body, as it came.
  @Nullable RequestScan scan;
  @Nullable TextShape shape;
  RequestFacts facts = RequestFacts.NONE;
  private @Nullable ByteBuf body;
  private long bodyBytes;

  /** Bytes of the body that are counted in the budget of all bodies. */
  private long bodyBytesHeld;

  // Which call it is, and what it wants of that call's answer.
  @Nullable CallIdentity identity;
  long resumeAfter = Resume.NONE;
  @Nullable StreamAsk streamAsk;

  /** Its place at a paid call, once it has one. */
  @Nullable Seat seat;

  Phase phase = Phase.ACCEPT;
  private boolean over;

  Request(
      ClientPort port,
      CallId id,
      HttpMethod method,
      HttpHeaders headers,
      long startedNanos,
      long startedEpochMillis) {
    this.port = port;
    this.id = id;
    this.method = method;
    this.headers = headers;
    this.startedNanos = startedNanos;
    this.startedEpochMillis = startedEpochMillis;
  }

  /** Whether the request was refused already: its remaining body is of no interest. */
  public boolean isRefused() {
    return over && seat == null;
  }

  /** Its route's policy; every request that was not refused in the first step has one. */
  RoutePolicy policy() {
    return requireNonNull(policy, "routed before");
  }

  /** Its dialect, or the nearest one where no route matched. */
  Dialect dialect() {
    return requireNonNull(dialect, "routed before");
  }

  /** Who asked; every request that was not refused in the second step has a team. */
  TeamId team() {
    return requireNonNull(team, "identified before");
  }

  /** It was refused, or its client has gone: what still arrives is dropped. */
  void markOver() {
    over = true;
  }

  boolean isOver() {
    return over;
  }

  long bodyBytes() {
    return bodyBytes;
  }

  /** Keeps the bytes without copying them. Ownership passes. */
  void keep(ByteBuf bytes) {
    int length = bytes.readableBytes();
    bodyBytes += length;
    bodyBytesHeld += length;
    if (body == null) {
      body = bytes;
    } else if (body instanceof CompositeByteBuf parts) {
      parts.addComponent(true, bytes);
    } else {
      // No bound on the number of parts: past Netty's, it would copy them together.
      CompositeByteBuf parts = bytes.alloc().compositeBuffer(Integer.MAX_VALUE);
      body = parts.addComponent(true, body).addComponent(true, bytes);
    }
  }

  /** The body, only to be looked at; null if there is none or it was taken. */
  @Nullable ByteBuf body() {
    return body;
  }

  /** How many bytes go back to the budget; none the second time. */
  long takeBodyBytesHeld() {
    long bytes = bodyBytesHeld;
    bodyBytesHeld = 0;
    return bytes;
  }

  /** Whether the client wants its events numbered; a browser's event source always does. */
  boolean wantsNumbers() {
    return streamAsk != null || Resume.isNumbered(headers);
  }

  /** It has been sent on: its fields are of no more interest, and its answer may last for hours. */
  void forgetFields() {
    headers = EmptyHttpHeaders.INSTANCE;
  }

  /** The body, or null if there is none or it was taken. Ownership passes. */
  @Nullable ByteBuf takeBody() {
    ByteBuf taken = body;
    body = null;
    return taken;
  }

  @Nullable String model() {
    return modelInPath != null ? modelInPath : facts.model();
  }

  boolean stream() {
    return streamInPath || facts.stream();
  }
}

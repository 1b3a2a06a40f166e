package dev.sluice.core.upstream;

import dev.sluice.sse.keepalive.SilenceWheel;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request: what is to be sent, who hears of the answer, and where it is. The connection that
 * carries it may change before a byte was accepted, the call does not. As an entry of the wheel it
 * is its own place in the queue. Confined to the loop.
 */
final class UpstreamCall extends SilenceWheel.Entry implements UpstreamStream {
  private static final Logger log = LoggerFactory.getLogger(UpstreamCall.class);

  private final ConnectionPool pool;
  private final UpstreamListener listener;
  private final HttpRequest head;
  private final boolean hasBody;
  private @Nullable ByteBuf body; // ours until the head has left for good
  private @Nullable UpstreamConnection connection;
  private boolean isWaiting;
  private boolean isPaused;
  private boolean isSent;
  private boolean isOver;
  private boolean wasReplaced;

  /** Takes ownership of the body, also where it throws. */
  UpstreamCall(
      ConnectionPool pool, Provider provider, UpstreamRequest request, UpstreamListener listener) {
    this.pool = pool;
    this.listener = listener;
    this.body = request.body();
    this.hasBody = request.body().isReadable();
    boolean built = false;
    try {
      this.head = head(provider, request);
      built = true;
    } finally {
      if (!built) {
        request.body().release();
      }
    }
  }

  private static HttpRequest head(Provider provider, UpstreamRequest request) {
    String target = provider.pathPrefix() + request.target();
    HeaderRules.requireSafeTarget(target);
    HttpHeaders headers = request.headers();
    HeaderRules.requireSafeFields(headers);
    headers.set(HttpHeaderNames.HOST, provider.hostField());
    headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
    headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
    if (request.body().isReadable() || expectsBody(request.method())) {
      headers.set(HttpHeaderNames.CONTENT_LENGTH, request.body().readableBytes());
    } else {
      headers.remove(HttpHeaderNames.CONTENT_LENGTH);
    }
    return new DefaultHttpRequest(HttpVersion.HTTP_1_1, request.method(), target, headers);
  }

  /** RFC 9110, 8.6: methods that anticipate a body say that it is empty. */
  private static boolean expectsBody(HttpMethod method) {
    return method.equals(HttpMethod.POST)
        || method.equals(HttpMethod.PUT)
        || method.equals(HttpMethod.PATCH);
  }

  // What the connection and the pool ask

  HttpRequest head() {
    return head;
  }

  /** The body for one attempt to send it; ownership passes. Null where there is none. */
  @Nullable ByteBuf bodyToSend() {
    return body != null && hasBody ? body.retainedDuplicate() : null;
  }

  boolean isOver() {
    return isOver;
  }

  boolean isPaused() {
    return isPaused;
  }

  /** Whether sending it twice can do no harm (RFC 9110, 9.2.2), and it was not done yet. */
  boolean mayBeSentAgain() {
    boolean isSafe = head.method().equals(HttpMethod.GET) || head.method().equals(HttpMethod.HEAD);
    return isSafe && !hasBody && !wasReplaced;
  }

  boolean wasReplaced() {
    return wasReplaced;
  }

  // What they tell

  void waits() {
    isWaiting = true;
  }

  void waitsNoMore() {
    isWaiting = false;
  }

  void travelsBy(UpstreamConnection carrier) {
    connection = carrier;
  }

  void writing() {
    isSent = true;
  }

  /** The head has left, so the call can no longer move to another connection. */
  void accepted() {
    releaseBody();
  }

  /** Back to where it was before anything was written. */
  void detached() {
    connection = null;
    isSent = false;
    wasReplaced = true;
  }

  /** As {@link #detached}, but nothing was ever written: this may happen any number of times. */
  void unreserved() {
    connection = null;
  }

  // To the listener

  void head(int status, HttpHeaders headers, long contentLength) {
    if (isOver) {
      return;
    }
    try {
      head.headers().clear(); // it is answered, and not sent again: an answer may last for hours
      listener.onHead(status, headers, contentLength);
    } catch (Throwable e) {
      listenerFailed("onHead", e);
    }
  }

  /** Takes ownership. */
  void body(ByteBuf bytes) {
    if (isOver) {
      bytes.release();
      return;
    }
    try {
      listener.onBody(bytes);
    } catch (Throwable e) {
      listenerFailed("onBody", e);
    }
  }

  void batchEnd() {
    if (isOver) {
      return;
    }
    try {
      listener.onBatchEnd();
    } catch (Throwable e) {
      listenerFailed("onBatchEnd", e);
    }
  }

  void end() {
    if (!over()) {
      return;
    }
    try {
      listener.onEnd();
    } catch (Throwable e) {
      log.error("onEnd of a call to provider {} failed", pool.name(), e);
    }
  }

  void fail(UpstreamFailure failure) {
    if (!over()) {
      return;
    }
    try {
      listener.onFailure(failure);
    } catch (Throwable e) {
      log.error(
          "onFailure of a call to provider {} failed, told {}", pool.name(), failure.code(), e);
    }
  }

  /** A bug above: the answer cannot go on, and whoever settles the call must hear of it. */
  private void listenerFailed(String where, Throwable e) {
    log.error("{} of a call to provider {} failed; connection closed", where, pool.name(), e);
    UpstreamConnection carrier = connection;
    if (carrier != null) {
      carrier.abandon(this);
    }
    fail(new UpstreamFailure.BrokenOff("listener_failed", where + ": " + e.getClass().getName()));
  }

  private boolean over() {
    if (isOver) {
      return false;
    }
    isOver = true;
    releaseBody();
    return true;
  }

  private void releaseBody() {
    ByteBuf held = body;
    if (held != null) {
      body = null;
      held.release();
    }
  }

  @Override
  protected long onDeadline(long nowNanos) {
    pool.waitedTooLong(this);
    return SilenceWheel.NEVER;
  }

  // From the flow

  @Override
  public void pause() {
    assert pool.inLoop();
    isPaused = true;
    if (connection != null) {
      connection.paceChanged(this);
    }
  }

  @Override
  public void resume() {
    assert pool.inLoop();
    isPaused = false;
    if (connection != null) {
      connection.paceChanged(this);
    }
  }

  @Override
  public void cancel() {
    assert pool.inLoop();
    if (!over()) {
      return;
    }
    if (isWaiting) {
      pool.withdraw(this);
    } else if (connection != null) {
      connection.abandon(this);
    }
  }

  @Override
  public boolean wasSent() {
    return isSent;
  }
}

package dev.sluice.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Hears one answer, keeps all of it, and checks the order in which it is told. */
final class Answer implements UpstreamListener {
  private final CompletableFuture<Answer> ended = new CompletableFuture<>();
  private final CompletableFuture<Answer> begun = new CompletableFuture<>();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  final List<String> breaches = new ArrayList<>();
  final List<String> pieces = new ArrayList<>();
  final AtomicLong bytes = new AtomicLong();
  final AtomicInteger endings = new AtomicInteger();
  volatile int status;
  private volatile @Nullable HttpHeaders headers;
  volatile long contentLength = -2;
  volatile @Nullable UpstreamFailure failure;
  final AtomicInteger batches = new AtomicInteger();
  volatile @Nullable UpstreamStream stream;
  volatile Consumer<String> onPiece = piece -> {};
  volatile boolean keepsBody = true;
  private boolean saidSinceBatch;

  @Override
  public void onHead(int newStatus, HttpHeaders newHeaders, long length) {
    expect(status == 0 && endings.get() == 0, "a second head, or one after the end");
    status = newStatus;
    headers = newHeaders;
    contentLength = length;
    saidSinceBatch = true;
    begun.complete(this);
  }

  @Override
  public void onBody(ByteBuf piece) {
    try {
      expect(status != 0 && endings.get() == 0, "body before the head or after the end");
      expect(piece.isReadable(), "an empty piece");
      byte[] copy = new byte[piece.readableBytes()];
      piece.readBytes(copy);
      bytes.addAndGet(copy.length);
      saidSinceBatch = true;
      if (keepsBody) {
        body.writeBytes(copy);
        String text = new String(copy, StandardCharsets.UTF_8);
        synchronized (pieces) {
          pieces.add(text);
        }
        onPiece.accept(text);
      } else {
        onPiece.accept("");
      }
    } finally {
      piece.release();
    }
  }

  @Override
  public void onBatchEnd() {
    expect(saidSinceBatch && endings.get() == 0, "a batch without anything in it");
    saidSinceBatch = false;
    batches.incrementAndGet();
  }

  @Override
  public void onEnd() {
    expect(status != 0, "an end without a head");
    end();
  }

  @Override
  public void onFailure(UpstreamFailure why) {
    failure = why;
    end();
  }

  private void end() {
    expect(endings.incrementAndGet() == 1, "a second end");
    begun.complete(this);
    ended.complete(this);
  }

  private void expect(boolean holds, String breach) {
    if (!holds) {
      breaches.add(breach);
    }
  }

  /** Waits for the end, whichever it is. */
  Answer await() throws Exception {
    ended.get(30, TimeUnit.SECONDS);
    if (!breaches.isEmpty()) {
      throw new AssertionError(breaches.toString());
    }
    return this;
  }

  Answer awaitHead() throws Exception {
    return begun.get(30, TimeUnit.SECONDS);
  }

  boolean isOver() {
    return ended.isDone();
  }

  UpstreamFailure why() {
    return Objects.requireNonNull(failure, "it did not fail");
  }

  HttpHeaders headers() {
    return Objects.requireNonNull(headers, "no head came");
  }

  UpstreamStream stream() {
    return Objects.requireNonNull(stream, "it was not sent");
  }

  byte[] body() {
    return body.toByteArray();
  }

  String text() {
    return body.toString(StandardCharsets.UTF_8);
  }
}

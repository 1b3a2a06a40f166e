package dev.sluice.admin.demo;

import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/**
 * A request as it reached the scripted provider.
 *
 * @param connection number of the connection it came on, from 1
 * @param target path and query, as on the wire
 * @param headers as on the wire
 * @param body its bytes; not to be modified
 * @param ended completes when its answer is over
 */
public record ReceivedRequest(
    int connection,
    String method,
    String target,
    HttpHeaders headers,
    byte[] body,
    CompletableFuture<Outcome> ended) {

  /** How an answer went, seen from the provider. */
  public enum Outcome {
    /** The script was played to its end. */
    PLAYED,
    /** The script broke the connection itself. */
    BROKEN,
    /** The peer closed the connection before the script had ended. */
    PEER_GONE
  }

  public String bodyText() {
    return new String(body, StandardCharsets.UTF_8);
  }
}

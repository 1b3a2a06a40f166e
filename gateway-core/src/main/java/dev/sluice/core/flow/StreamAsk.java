package dev.sluice.core.flow;

import dev.sluice.billing.team.KeyOwner;
import dev.sluice.billing.team.TeamId;
import dev.sluice.core.dialect.Routes;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request for the stream of a call that was asked for before: {@code GET /v1/streams/{id}}.
 *
 * @param id the gateway's id of the call, or the client's own
 * @param token a resume token, or null
 * @param owner whose key was sent, or null
 * @param credential keyed hash of the key that was sent, or 0
 * @param crossOrigin header fields for pages of other origins
 */
record StreamAsk(
    String id,
    @Nullable String token,
    @Nullable KeyOwner owner,
    long credential,
    List<Map.Entry<String, String>> crossOrigin) {

  private static final String TOKEN = "token=";

  static StreamAsk of(FlowRooms rooms, Request r, Routes.Streams streams) {
    String key = r.dialect().clientKey(r.headers, streams.query());
    return new StreamAsk(
        streams.id(),
        token(streams.query()),
        key == null ? null : rooms.authenticator().authenticate(key),
        key == null ? 0 : rooms.fingerprinter().credential(key),
        Resume.crossOrigin(rooms.resume(), r.headers));
  }

  @Nullable TeamId team() {
    return owner == null ? null : owner.team();
  }

  @Nullable String keyId() {
    return owner == null ? null : owner.keyId();
  }

  /** The token in a raw query, or null; it needs no decoding. */
  private static @Nullable String token(String query) {
    for (String part : query.split("&", -1)) {
      if (part.startsWith(TOKEN)) {
        return part.substring(TOKEN.length());
      }
    }
    return null;
  }
}

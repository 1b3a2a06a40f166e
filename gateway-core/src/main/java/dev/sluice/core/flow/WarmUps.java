package dev.sluice.core.flow;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sluice.billing.team.TeamId;
import dev.sluice.core.prefix.PrefixId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * For prefixes that traffic has used more than once, the requests that renew them: prompts, held in
 * memory only. Bounded; the least used go. Any thread; never blocks.
 */
public final class WarmUps {

  /** Of all bodies together. */
  private static final long BYTES_MAX = 64L << 20;

  private static final int BODY_MAX = 1 << 20;

  /** Fields of the client's request without which the provider would read the body differently. */
  private static final List<String> FIELDS =
      List.of(
          "content-type",
          "anthropic-version",
          "anthropic-beta",
          "openai-organization",
          "openai-project",
          "x-goog-user-project");

  private final Cache<PrefixId, Kept> kept =
      Caffeine.newBuilder()
          .maximumWeight(BYTES_MAX)
          .weigher((PrefixId id, Kept each) -> each.body.length)
          .executor(Runnable::run)
          .build();

  private final AtomicBoolean isOn = new AtomicBoolean();

  /**
   * What renews a prefix.
   *
   * @param target as a client would ask for it
   * @param team whose traffic it was, and who pays
   */
  public record Kept(String target, HttpHeaders fields, byte[] body, TeamId team) {}

  /**
   * Whether anything is kept from now on; if not, all is dropped.
   *
   * @param on whether prefixes that nobody registered are to be kept warm
   */
  public void apply(boolean on) {
    isOn.set(on);
    if (!on) {
      kept.invalidateAll();
    }
  }

  boolean isOn() {
    return isOn.get();
  }

  boolean lacks(PrefixId id) {
    return kept.getIfPresent(id) == null;
  }

  /**
   * Keeps it.
   *
   * @param body released here
   */
  void keep(PrefixId id, String target, HttpHeaders fields, ByteBuf body, TeamId team) {
    try {
      if (body.readableBytes() <= BODY_MAX) {
        HttpHeaders own = new DefaultHttpHeaders();
        FIELDS.forEach(field -> own.add(field, fields.getAll(field)));
        kept.put(id, new Kept(target, own, ByteBufUtil.getBytes(body), team));
      }
    } finally {
      body.release();
    }
  }

  /** Null where there is none. */
  public @Nullable Kept of(PrefixId id) {
    return kept.getIfPresent(id);
  }
}

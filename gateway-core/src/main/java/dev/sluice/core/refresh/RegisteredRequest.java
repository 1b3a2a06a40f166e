package dev.sluice.core.refresh;

import dev.sluice.core.dialect.Dialect;
import dev.sluice.core.dialect.RequestFacts;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.dialect.WarmUp;
import dev.sluice.core.prefix.CacheRules;
import dev.sluice.core.prefix.Prefix;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A registered request as the flow would see it.
 *
 * @param prefix the longest that is cached of it, at the account to which it goes
 * @param entry its number in the layout
 * @param target as a client would ask for it
 */
record RegisteredRequest(
    Prefix prefix, int entry, String model, Dialect dialect, RequestFacts facts, String target) {

  /**
   * The body that renews it.
   *
   * @param request as registered
   * @return null where the provider would refuse it
   */
  byte @Nullable [] warmUp(Route.Family family, String request) {
    ByteBuf body = Unpooled.wrappedBuffer(request.getBytes(StandardCharsets.UTF_8));
    boolean hasPrewarm = CacheRules.of(family, model).isWriteCounted();
    ByteBuf made = WarmUp.body(dialect, body, facts, entry, hasPrewarm);
    if (made == null) {
      return null;
    }
    try {
      return ByteBufUtil.getBytes(made);
    } finally {
      made.release();
    }
  }
}

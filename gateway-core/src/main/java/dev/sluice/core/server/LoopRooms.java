package dev.sluice.core.server;

import dev.sluice.core.flow.RequestEntry;
import dev.sluice.sse.keepalive.SilenceWheel;

/** What the connections of one event loop work with. Looked up once per connection. */
public record LoopRooms(RequestEntry<?> flow, SilenceWheel wheel) {}

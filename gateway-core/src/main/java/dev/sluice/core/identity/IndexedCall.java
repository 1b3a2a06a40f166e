package dev.sluice.core.identity;
import io.netty.util.concurrent.EventExecutor;
import org.jspecify.annotations.Nullable;
public final class IndexedCall<C> {
  final CallId id; final CallIdentity identity; final EventExecutor loop; private @Nullable C held; volatile boolean fin, left;
  IndexedCall(CallId id, CallIdentity identity, EventExecutor loop) { this.id=id; this.identity=identity; this.loop=loop; }
  public CallId id() { return id; } public CallIdentity identity() { return identity; } public EventExecutor loop() { return loop; }
  public void hold(C c) { held = c; } public @Nullable C held() { return held; }
}

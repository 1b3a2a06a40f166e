package dev.sluice.core.identity;
import io.netty.util.concurrent.EventExecutor;
import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
public final class CallIndex<C> {
  final ConcurrentHashMap<Object, IndexedCall<C>> named = new ConcurrentHashMap<>();
  final ConcurrentHashMap<String, IndexedCall<C>> byId = new ConcurrentHashMap<>();
  public CallIndex(java.util.function.LongSupplier n, java.time.Duration d, DedupeSettings.OnConcurrent o) {}
  public void claim(CallIdentity i, CallId fresh, EventExecutor loop, Consumer<Claim<C>> then) {
    IndexedCall<C> call = new IndexedCall<>(fresh, i, loop);
    Object key = i instanceof CallIdentity.Named n ? n.scope() + n.id() : fresh;
    IndexedCall<C> old = named.putIfAbsent(key, call);
    if (old != null && !old.identity.fingerprint().equals(i.fingerprint())) then.accept(new Claim.Conflict<>(Claim.Kind.OTHER_BODY));
    else if (old != null) then.accept(new Claim.Joined<>(old, old.fin ? Claim.How.REPLAYED : Claim.How.JOINED));
    else { byId.put(fresh.text(), call); then.accept(new Claim.Opened<>(call)); }
  }
  public IndexedCall<C> openAlone(CallScope s, CallId fresh, EventExecutor loop) { return new IndexedCall<>(fresh, new CallIdentity.Anonymous(s, new Fingerprint(0,0)), loop); }
  public boolean hasAttendedEqual(CallIdentity i) { return false; }
  public void left(IndexedCall<C> c) {}
  public void finished(IndexedCall<C> c, boolean d) { c.fin = true; }
  public void failed(IndexedCall<C> c) { release(c); }
  public void release(IndexedCall<C> c) { named.values().remove(c); byId.remove(c.id.text()); }
  public @Nullable IndexedCall<C> find(String id) { return byId.get(id); }
  public @Nullable IndexedCall<C> find(CallScope s, String id) { return named.get(s + id); }
  public boolean isInFlight(IndexedCall<C> c) { return !c.fin; }
  public Collection<IndexedCall<C>> calls() { return byId.values(); }
  public long inFlight() { return byId.size(); }
}

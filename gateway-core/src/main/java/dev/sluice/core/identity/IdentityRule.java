package dev.sluice.core.identity;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;
public final class IdentityRule {
  private final List<String> h; private final Fingerprinter f;
  public IdentityRule(List<String> h, Fingerprinter f) { this.h=h; this.f=f; }
  public CallIdentity of(CallScope scope, String method, String target, HttpHeaders headers, @Nullable ByteBuf body) {
    Fingerprint fp = f.of(method, target, headers, body);
    for (String n : h) { String v = headers.get(n); if (v != null && !v.isBlank()) return new CallIdentity.Named(scope, fp, v.strip()); }
    String c = headers.get("x-stainless-retry-count");
    return c != null && !c.equals("0") ? new CallIdentity.Retry(scope, fp) : new CallIdentity.Anonymous(scope, fp);
  }
}

package dev.sluice.core.upstream;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * One provider's address and trust, worked out once. Immutable; shared by all event loops, so that
 * the trust store is read once and TLS sessions are resumed across loops.
 */
public final class Provider {
  private final UpstreamSettings settings;
  private final String host;
  private final int port;
  private final String hostField;
  private final String pathPrefix;
  private final @Nullable SslContext tls;

  /**
   * @throws IllegalArgumentException if the base URL is none, or the certificates cannot be read
   */
  public Provider(UpstreamSettings settings) {
    this.settings = settings;
    URI url = settings.baseUrl();
    String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
    boolean secure = scheme.equals("https");
    if ((!secure && !scheme.equals("http"))
        || url.getHost() == null
        || url.getRawUserInfo() != null
        || url.getRawQuery() != null
        || url.getRawFragment() != null) {
      throw new IllegalArgumentException(
          "Provider \"%s\": base URL is %s. Allowed is http or https, a host, a port, a path."
              .formatted(settings.name(), url));
    }
    String named = url.getHost();
    int defaultPort = secure ? 443 : 80;
    this.port = url.getPort() == -1 ? defaultPort : url.getPort();
    this.hostField = port == defaultPort ? named : named + ":" + port;
    this.host = named.startsWith("[") ? named.substring(1, named.length() - 1) : named;
    String path = url.getRawPath() == null ? "" : url.getRawPath();
    this.pathPrefix = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    this.tls = secure ? tls(settings) : null;
  }

  public UpstreamSettings settings() {
    return settings;
  }

  String name() {
    return settings.name();
  }

  /** Name or literal address, without brackets. */
  String host() {
    return host;
  }

  int port() {
    return port;
  }

  /** What stands in {@code Host}: the port only where it is not the scheme's. */
  String hostField() {
    return hostField;
  }

  String pathPrefix() {
    return pathPrefix;
  }

  @Nullable SslContext tls() {
    return tls;
  }

  /** For messages. */
  String address() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }

  private static SslContext tls(UpstreamSettings settings) {
    Path extra = settings.trustedCertificates();
    try {
      SslContextBuilder builder =
          SslContextBuilder.forClient()
              .sslProvider(SslProvider.JDK)
              .protocols("TLSv1.3", "TLSv1.2")
              .endpointIdentificationAlgorithm("HTTPS");
      if (extra != null) {
        builder.trustManager(systemTrustAnd(extra));
      }
      return builder.build();
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "Provider \"%s\": trusted certificates in %s cannot be used: %s. Give a PEM file."
              .formatted(settings.name(), extra, e.getMessage()),
          e);
    }
  }

  /** One store of both, so that the JDK's own trust manager checks names and chains as ever. */
  private static TrustManagerFactory systemTrustAnd(Path extra)
      throws IOException, GeneralSecurityException {
    List<Certificate> anchors = new ArrayList<>(systemAnchors());
    try (InputStream pem = Files.newInputStream(extra)) {
      anchors.addAll(CertificateFactory.getInstance("X.509").generateCertificates(pem));
    }
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (int i = 0; i < anchors.size(); i++) {
      store.setCertificateEntry("anchor-" + i, anchors.get(i));
    }
    TrustManagerFactory factory = newTrustManagerFactory();
    factory.init(store);
    return factory;
  }

  private static List<X509Certificate> systemAnchors() throws GeneralSecurityException {
    TrustManagerFactory factory = newTrustManagerFactory();
    factory.init((KeyStore) null);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509TrustManager trust) {
        return List.of(trust.getAcceptedIssuers());
      }
    }
    return List.of();
  }

  private static TrustManagerFactory newTrustManagerFactory() throws GeneralSecurityException {
    return TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
  }
}

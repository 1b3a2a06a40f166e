package dev.sluice.it.prove;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** nginx as a plain reverse proxy: one worker, connections to the provider kept alive. */
final class Nginx implements AutoCloseable {

  @SuppressWarnings("InlineFormatString") // a whole file, which would drown the method using it
  private static final String CONFIG =
      """
      daemon off;
      pid %1$s/nginx.pid;
      error_log %1$s/nginx-error.log warn;
      worker_processes 1;
      worker_rlimit_nofile 40000;
      events { worker_connections 30000; use epoll; }
      http {
        access_log %1$s/nginx-access.log combined;
        client_body_temp_path %1$s/body;
        proxy_temp_path %1$s/proxy;
        fastcgi_temp_path %1$s/fastcgi;
        uwsgi_temp_path %1$s/uwsgi;
        scgi_temp_path %1$s/scgi;
        client_max_body_size 32m;
        client_body_buffer_size 256k;
        keepalive_requests 100000000;
        tcp_nodelay on;
        upstream provider { server 127.0.0.1:%2$d; keepalive 512; keepalive_requests 100000000; }
        server {
          listen 127.0.0.1:%3$d backlog=4096;
          location / {
            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_read_timeout 900s;
          }
        }
        server {
          listen 127.0.0.1:%4$d backlog=4096;
          location / {
            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_read_timeout %5$ds;
          }
        }
      }
      """;

  private final Child master;
  private final int port;
  private final int streamPort;
  private final long worker;

  private Nginx(Child master, int port, int streamPort, long worker) {
    this.master = master;
    this.port = port;
    this.streamPort = streamPort;
    this.worker = worker;
  }

  static boolean isInstalled() {
    return Ground.has("nginx");
  }

  static Nginx start(Ground ground, int providerPort, @Nullable Integer cpu) throws IOException {
    return start(ground, providerPort, cpu, 900);
  }

  /**
   * Starts it.
   *
   * @param streamReadTimeout seconds of silence from the other side that streams survive
   */
  static Nginx start(Ground ground, int providerPort, @Nullable Integer cpu, int streamReadTimeout)
      throws IOException {
    int port = Ground.freePort();
    int streamPort = Ground.freePort();
    Path config = ground.work().resolve("nginx.conf");
    Files.writeString(
        config, CONFIG.formatted(ground.work(), providerPort, port, streamPort, streamReadTimeout));
    List<String> command = new ArrayList<>(Ground.pin(cpu));
    command.addAll(List.of("nginx", "-c", config.toString(), "-p", ground.work().toString()));
    Child master = Child.start("nginx", command, ground.work());
    master.awaitPort(streamPort, Duration.ofSeconds(10));
    return new Nginx(master, port, streamPort, master.awaitChild(Duration.ofSeconds(10)));
  }

  /** With nginx's default buffering of answers. */
  int port() {
    return port;
  }

  /** With {@code proxy_buffering off}, as streams need it. */
  int streamPort() {
    return streamPort;
  }

  /** The process that does the work. */
  long worker() {
    return worker;
  }

  @Override
  public void close() {
    master.close();
  }
}

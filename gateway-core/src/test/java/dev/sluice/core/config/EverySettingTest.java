package dev.sluice.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ConfigFile.Loaded;
import dev.sluice.core.flow.OrphanPolicy;
import dev.sluice.core.flow.ProviderAccount;
import dev.sluice.core.warm.KeepWarmSettings;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No setting that does nothing: each one, set to another value, makes another configuration. */
class EverySettingTest {

  private static final String HASH =
      "hmac-sha256:"
          + HexFormat.of()
              .formatHex("0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.UTF_8));

  // Each group on a line of its own, so that a setting can be put in.
  private static final String BASE =
      """
      listen:
      admin:
        tokens:
          local:
            hash: "HASH"
      storage:
      limits:
      log:
      streams:
        keep-alive:
        resume:
      dedupe:
      ledger:
      tags:
      orphans:
      prompt-cache:
        keep-warm:
      keys:
      teams:
        chat:
          quotas:
            local:
          budgets:
            local:
              amount: 1M
      providers:
        local:
          base-url: https://127.0.0.1:8000
          orphans:
        other:
          base-url: https://127.0.0.1:8001
      routes:
        local:
          api: openai
          provider: local
          clients: open
          team: chat
          keep-alive:
          orphans:
        second:
          api: gemini
          provider: other
          clients: open
          team: chat
      pools:
        local:
          provider: local
          tokens-per-minute: 2M
      prices:
      """
          .replace("HASH", HASH.replace('3', '4'));

  // Self-signed; its private key was thrown away.
  private static final String CERTIFICATE =
      """
      -----BEGIN CERTIFICATE-----
      MIIBezCCASGgAwIBAgIUBOxNRVC7sTk3Hue3AWmZh8ICzEcwCgYIKoZIzj0EAwIw
      EjEQMA4GA1UEAwwHRXhhbXBsZTAgFw0yNjExMjUxMDUyNDBaGA8yMTI2MTEwMTEw
      NTI0MFowEjEQMA4GA1UEAwwHRXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEH
      A0IABKFMfkCLvLJF63vjLpU2OrZ4blFYKzTOM494vbKroCk53KPHej307PcW57OB
      DufyfAC2UDdXzSvFOZfjevndGuujUzBRMB0GA1UdDgQWBBQOPi76Sq+4AEiol7Z0
      6ImabAVUojAfBgNVHSMEGDAWgBQOPi76Sq+4AEiol7Z06ImabAVUojAPBgNVHRMB
      Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCa0dcAw63Q5ENa04LsIe2wa+Xn
      STuVvl+klk4z/pIkngIgQb9hNZMODNgzm1iq6aWaSgGA4XYsCa5ndza/Fp63xGY=
      -----END CERTIFICATE-----
      """;

  @TempDir Path directory;

  static List<Setting<?>> settings() {
    return Keys.ALL;
  }

  @ParameterizedTest
  @MethodSource("settings")
  void aSettingChangesTheConfiguration(Setting<?> setting) throws IOException {
    Path certificates = directory.resolve("ca.pem");
    Files.writeString(certificates, CERTIFICATE);
    Files.writeString(
        directory.resolve("prices.yaml"), "prices: {models: {a: {input: 1, output: 2}}}");
    String changed = with(setting.path(), other(setting));

    assertThat(load(changed))
        .usingRecursiveComparison()
        .ignoringFields("settings") // how it is shown
        .as(setting.path())
        .isNotEqualTo(load(BASE));
  }

  @Test
  void aRouteTakesWhatItDoesNotSayFromTheWholeFile() throws IOException {
    String file =
        BASE.replace("limits:", "limits: {body: 1MiB}")
            .replace(
                "streams:\n  keep-alive:",
                "streams:\n  keep-alive: {interval: 20s, style: comment, json: true}")
            .replace("    keep-alive:\n", "    keep-alive: {interval: 30s}\n");

    GatewayConfig config = load(file);
    assertThat(config.routes().get(0).bodyMaxBytes()).isEqualTo(1 << 20);
    assertThat(config.routes().get(0).keepAlive().interval()).hasSeconds(30);
    assertThat(config.routes().get(0).keepAlive().jsonWhitespace()).isTrue();
    assertThat(config.routes().get(1).keepAlive().interval()).hasSeconds(20);
  }

  @Test
  void aRouteMayNameSeveralProvidersEachWithItsOwnKeyAndPrices() throws IOException {
    String file =
        BASE.replace("provider: local\n    clients", "provider: [other, local]\n    clients")
            .replace(":8001", ":8001\n    key: a-key\n    prices: groq");

    GatewayConfig config = load(file);
    assertThat(config.routes().get(0).accounts())
        .containsExactly(
            new ProviderAccount("other", "groq", "a-key"),
            new ProviderAccount("local", null, null));
    assertThat(config.routes().get(0).toString()).doesNotContain("a-key");
    assertThat(config.settings())
        .filteredOn(setting -> setting.name().equals("routes.local.provider"))
        .singleElement()
        .satisfies(setting -> assertThat(setting.value()).isEqualTo("[other, local]"));
    assertThat(load(BASE).routes().get(0).accounts())
        .containsExactly(new ProviderAccount("local", null, null));
  }

  @Test
  void refreshesCostNothingUnlessTheFileSaysHowMuch() throws IOException {
    assertThat(load(BASE).keepWarm()).isEqualTo(new KeepWarmSettings(false, 0));
    assertThat(
            load(BASE.replace("keep-warm:", "keep-warm: {learned: true, budget: $2.50}"))
                .keepWarm())
        .isEqualTo(new KeepWarmSettings(true, 2_500_000_000L));
    assertThat(load(BASE.replace("keep-warm:", "keep-warm: {budget: $0.00}")).keepWarm())
        .isEqualTo(KeepWarmSettings.NONE);
  }

  @Test
  void aRouteTreatsOrphansAsItSaysElseAsItsProviderElseAsTheWholeFile() throws IOException {
    String file =
        BASE.replace("\norphans:", "\norphans: {policy: cancel, grace: 1s}")
            .replace("8000\n    orphans:", "8000\n    orphans: {policy: finish, grace: 2s}")
            .replace("keep-alive:\n    orphans:", "keep-alive:\n    orphans: {grace: 3s}");

    GatewayConfig config = load(file);
    assertThat(config.routes().get(0).orphans())
        .isEqualTo(new OrphanPolicy(OrphanPolicy.Kind.FINISH, Duration.ofSeconds(3)));
    assertThat(config.routes().get(1).orphans())
        .isEqualTo(new OrphanPolicy(OrphanPolicy.Kind.CANCEL, Duration.ofSeconds(1)));
    assertThat(load(BASE).routes().get(1).orphans())
        .isEqualTo(new OrphanPolicy(OrphanPolicy.Kind.BUDGET, Duration.ofSeconds(10)));
  }

  @Test
  void withoutATotalAQuarterOfTheDirectMemoryIsHeld() throws IOException {
    assertThat(load(BASE).resume().totalMaxBytes())
        .isEqualTo(PlatformDependent.maxDirectMemory() / 4);
    assertThat(load(BASE.replace("  resume:", "  resume: {total: 0}")).resume().totalMaxBytes())
        .isEqualTo(PlatformDependent.maxDirectMemory() / 4);
  }

  @Test
  void theUsualAdoptWindowGivesWayToAShorterWindow() throws IOException {
    String file = BASE.replace("  resume:", "  resume: {window: 3s}");
    assertThat(load(file).dedupe().adoptWindow()).isEqualTo(Duration.ofSeconds(3));
    assertThat(load(BASE).dedupe().adoptWindow()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void whereThatIsLittleNoAnswerIsLargerThanAllAndTheFileIsStillValid() throws IOException {
    Path path = Files.writeString(directory.resolve("small.yaml"), BASE);

    var small = (Loaded) ConfigFile.load(path, name -> null, 1 << 20);
    assertThat(small.config().resume().perCallMaxBytes()).isEqualTo(1 << 20);
    assertThat(small.notes())
        .extracting(Problem::text)
        .anyMatch(t -> t.contains("streams.resume.per-call is 8MiB") && t.contains("1MiB of"));
    var large = (Loaded) ConfigFile.load(path, name -> null, 8 << 20);
    assertThat(large.config().resume().perCallMaxBytes()).isEqualTo(8 << 20);
    assertThat(large.notes()).extracting(Problem::key).doesNotContain("streams.resume.per-call");
  }

  @Test
  void anEmptyListOfIdFieldsIsNoneAndALeftOutOneTheUsual() throws IOException {
    assertThat(load(BASE.replace("dedupe:", "dedupe: {id-headers: []}")).dedupe().idHeaders())
        .isEmpty();
    assertThat(load(BASE.replace("dedupe:", "dedupe: {id-headers: }")).dedupe().idHeaders())
        .containsExactly("Idempotency-Key", "X-Request-Id", "X-Client-Request-Id");
  }

  @Test
  void aGraceThatNoRouteUsesIsNoted() throws IOException {
    String file =
        BASE.replace("\norphans:", "\norphans: {grace: 1s}")
            .replace("8000\n    orphans:", "8000\n    orphans: {policy: cancel, grace: 2s}");
    Path path = Files.writeString(directory.resolve("notes.yaml"), file);

    ConfigFile.Result result = ConfigFile.load(path, name -> null);
    assertThat(result).isInstanceOf(Loaded.class);
    assertThat(((Loaded) result).notes())
        .extracting(Problem::key)
        .contains("orphans.grace")
        .doesNotContain("providers.local.orphans.grace");
  }

  @Test
  void aProvidersConnectionsAreDividedAmongTheLoops() throws IOException {
    String file =
        BASE.replace("listen:", "listen: {event-loops: 3}")
            .replace(
                "base-url: https://127.0.0.1:8000",
                "base-url: https://127.0.0.1:8000\n    connections: 100\n    queue: 2")
            .replace(
                "base-url: https://127.0.0.1:8001",
                "base-url: https://127.0.0.1:8001\n    connections: 1\n    queue: 0");

    GatewayConfig config = load(file);
    assertThat(config.providers().get("local"))
        .satisfies(
            p -> {
              assertThat(p.connectionsMax()).isEqualTo(33);
              assertThat(p.queueMax()).isEqualTo(1);
            });
    assertThat(config.providers().get("other"))
        .satisfies(
            p -> {
              assertThat(p.connectionsMax()).isEqualTo(1);
              assertThat(p.queueMax()).isZero();
            });
  }

  /** The base with one setting put into its group, or changed there. */
  private static String with(String path, String value) {
    if (path.equals("routes.<name>.clients")) {
      // It cannot be changed alone.
      return BASE.replace("  chat:", "  chat:\n    keys: [" + HASH + "]")
          .replaceFirst("clients: open\n    team: chat", "clients: keys");
    }
    if (path.equals("routes.<name>.team")) {
      return BASE.replace("  chat:", "  batch:\n  chat:").replaceFirst("team: chat", "team: batch");
    }
    if (path.equals("pools.<name>.provider")) {
      return BASE.replace(
          "pools:\n  local:\n    provider: local", "pools:\n  local:\n    provider: other");
    }
    if (path.equals("teams.<name>.quotas.<name>.burst")) {
      return BASE.replaceFirst(
          "      local:\n", "      local: {guaranteed: 600k, burst: " + value + "}\n");
    }
    if (path.equals("pools.<name>.tokens-per-minute")) {
      return BASE.replace("2M", value);
    }
    if (path.equals("admin.tokens.<name>.hash")) {
      return BASE.replaceFirst("(?m)^( +)hash: .*$", "$1hash: " + value);
    }
    if (path.equals("teams.<name>.budgets.<name>.amount")) {
      return BASE.replaceFirst("(?m)^( +)amount: .*$", "$1amount: " + value);
    }
    String[] parts =
        path.replace("teams.<name>", "teams.chat").replace("<name>", "local").split("\\.", -1);
    String leaf = parts[parts.length - 1];
    if (List.of("base-url", "api", "provider").contains(leaf)) {
      return BASE.replaceFirst("(?m)^( +)" + leaf + ": .*$", "$1" + leaf + ": " + value);
    }
    StringBuilder file = new StringBuilder();
    int depth = 0;
    for (String line : BASE.lines().toList()) {
      file.append(line).append('\n');
      boolean isWanted = depth < parts.length - 1;
      if (isWanted && line.equals("  ".repeat(depth) + parts[depth] + ":")) {
        depth++;
        if (depth == parts.length - 1) {
          file.append("  ".repeat(depth)).append(leaf).append(": ").append(value).append('\n');
        }
      }
    }
    return file.toString();
  }

  /** Another value than the default, and than the base's. */
  private static String other(Setting<?> setting) {
    return switch (setting.path()) {
      case "providers.<name>.base-url" -> "https://127.0.0.1:9000";
      case "providers.<name>.trusted-certificates" -> "ca.pem";
      case "prices.file" -> "prices.yaml";
      case "prices.overrides" -> "[prices.yaml]";
      case "routes.<name>.provider", "pools.<name>.provider" -> "other";
      case "pools.<name>.models" -> "[gpt-*]";
      case "routes.<name>.clients", "routes.<name>.team" -> "changed together with others";
      case "routes.<name>.prefix" -> "/local";
      case "routes.<name>.models" -> "[gpt-*]";
      case "teams.<name>.keys" -> "[" + HASH + "]";
      case "teams.<name>.budgets.<name>.amount" -> "\\$5";
      case "teams.<name>.budgets.<name>.per" -> "day";
      case "admin.tokens.<name>.role" -> "operator";
      case "routes.<name>.idle-limit" -> "200s";
      case "limits.bodies-total" -> "64MiB";
      case "limits.body", "routes.<name>.body" -> "1MiB";
      case "streams.resume.window" -> "5m";
      case "streams.resume.per-call" -> "2MiB";
      case "streams.resume.total" -> "9MiB";
      case "streams.resume.cors-origins" -> "[https://app.example.com]";
      case "dedupe.id-headers" -> "[X-Call]";
      case "tags.fields" -> "[X-Feature]";
      case "storage.directory" -> "elsewhere";
      case "prompt-cache.prefixes" -> "500";
      case "providers.<name>.prices" -> "groq";
      case "limits.request-line", "limits.head", "limits.body-rate-min" -> "2KiB";
      default ->
          switch (setting.kind().type()) {
            case "address" -> "127.0.0.2";
            case "int", "percent" -> "17";
            case "boolean" ->
                setting.fallbackText().contains("true") || setting.leaf().equals("enabled")
                    ? "false"
                    : "true";
            case "duration" -> "13s";
            case "amount" -> "40k";
            case "dollars" -> "$5";
            case "directory" -> "elsewhere";
            case "hash" -> HASH;
            case "secret" -> "a-secret-of-enough-characters";
            case "choice" ->
                switch (setting.leaf()) {
                  case "transport" -> "nio";
                  case "style" -> "comment";
                  case "api" -> "anthropic";
                  case "on-concurrent" -> "refuse";
                  case "policy" -> "finish";
                  case "counting" -> "anthropic";
                  case "mode" -> "shadow";
                  case "durability" -> "strict";
                  case "lane" -> "batch";
                  case "gate" -> "on";
                  default -> throw new AssertionError(setting.path());
                };
            default -> throw new AssertionError("No other value for " + setting.path());
          };
    };
  }

  private GatewayConfig load(String text) throws IOException {
    Path file = Files.writeString(directory.resolve("gateway.yaml"), text);
    ConfigFile.Result result = ConfigFile.load(file, name -> null);
    assertThat(result).as(text).isInstanceOf(Loaded.class);
    return ((Loaded) result).config();
  }
}

package dev.sluice.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.team.ApiKeyHasher;
import dev.sluice.core.config.ConfigFile.Invalid;
import dev.sluice.core.config.ConfigFile.Loaded;
import dev.sluice.core.config.ConfigFile.NoSecret;
import dev.sluice.core.config.ConfigFile.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where values come from, and that secrets go nowhere else. */
class SecretsTest {

  private static final String REST =
      """
      teams: {chat: {}}
      routes: {local: {api: openai, provider: local, clients: open, team: chat}}
      """;

  @TempDir Path directory;

  @Test
  void aVariableIsPutIn() throws IOException {
    GatewayConfig config =
        load(
            "listen: {port: \"${PORT}\"}\n" + provider("${KEY}"),
            Map.of("PORT", "81", "KEY", "sk-1"));

    assertThat(config.server().port()).isEqualTo(81);
    assertThat(key(config)).isEqualTo("sk-1");
  }

  @Test
  void aDefaultStandsInForAVariableThatIsUnsetOrEmpty() throws IOException {
    String file = provider("a${A:-1}b${B:-2}c${C:-3}d");

    assertThat(key(load(file, Map.of("A", "", "C", "x")))).isEqualTo("a1b2cxd");
  }

  @Test
  void anEmptySecretIsNone() throws IOException {
    assertThat(key(load(provider("${KEY:-}"), Map.of()))).isNull();
    assertThat(key(load(provider("${KEY}"), Map.of("KEY", "")))).isNull();
    assertThat(key(load(provider(""), Map.of()))).isNull();
  }

  @Test
  void whatIsPutInIsNotLookedAtAgain() throws IOException {
    Map<String, String> environment =
        Map.of("KEY", "${OTHER}", "OTHER", "sk-1", "INJECTED", "x\"}, b: {c");

    assertThat(key(load(provider("${KEY}"), environment))).isEqualTo("${OTHER}");
    assertThat(ConfigFile.load(write(provider("${INJECTED}")), environment::get))
        .isInstanceOfSatisfying(
            Invalid.class,
            invalid ->
                assertThat(invalid.problems())
                    .singleElement()
                    .satisfies(p -> assertThat(p.key()).isEqualTo("providers.local.key")));
  }

  @Test
  void twoDollarSignsStandForOne() throws IOException {
    assertThat(key(load(provider("$${KEY}$$"), Map.of()))).isEqualTo("${KEY}$$");
  }

  @Test
  void aSecretMayStandInAFileBesideTheConfiguration() throws IOException {
    Files.createDirectory(directory.resolve("secrets"));
    Path key = Files.writeString(directory.resolve("secrets/key"), "sk-from-file\n");

    assertThat(key(load(provider("file:secrets/key"), Map.of()))).isEqualTo("sk-from-file");
    assertThat(key(load(provider("file:" + key), Map.of()))).isEqualTo("sk-from-file");
    assertThat(key(load(provider("${REFERENCE}"), Map.of("REFERENCE", "file:" + key))))
        .isEqualTo("sk-from-file");
  }

  @Test
  void noSecretIsEverPrinted() throws IOException {
    String file =
        "admin: {token: hidden-token-hidden-token}\nkeys: {secret: hidden-secret-hidden-secret}\n"
            + provider("hidden-key");
    Path path = write(file);
    ConfigFile.Result result = ConfigFile.load(path, name -> null);

    assertThat(result).isInstanceOf(Loaded.class);
    assertThat(result.toString()).doesNotContain("hidden");
    assertThat(((Loaded) result).config().admin().token()).isEqualTo("hidden-token-hidden-token");
    assertThat(ConfigFile.keySecret(path, name -> null))
        .isEqualTo(new Secret("hidden-secret-hidden-secret"))
        .asString()
        .doesNotContain("hidden");
  }

  @Test
  void theSecretForKeysIsReadFromAFileThatIsNotYetValid() throws IOException {
    Path path = write("keys: {secret: 0123456789abcdef}\nroutes: {a: {clients: keys}}\n");

    assertThat(ConfigFile.load(path, name -> null)).isInstanceOf(Invalid.class);
    assertThat(ConfigFile.keySecret(path, name -> null)).isEqualTo(new Secret("0123456789abcdef"));
    assertThat(ConfigFile.keySecret(write("routes: {}\n"), name -> null))
        .isEqualTo(new Secret(ApiKeyHasher.DEFAULT_SECRET));
    assertThat(ConfigFile.keySecret(write("keys: {secret: short}\n"), name -> null))
        .isInstanceOfSatisfying(NoSecret.class, no -> assertThat(no.problems()).hasSize(1));
  }

  @Test
  void aFileThatCannotBeReadIsAProblemWithoutALine() {
    assertThat(ConfigFile.load(directory.resolve("none.yaml"), name -> null))
        .isInstanceOfSatisfying(
            Invalid.class,
            invalid ->
                assertThat(invalid.problems())
                    .singleElement()
                    .satisfies(
                        p -> {
                          assertThat(p.line()).isZero();
                          assertThat(p.text())
                              .endsWith(
                                  "none.yaml: The file does not exist. Name a"
                                      + " readable YAML file.");
                        }));
    assertThat(ConfigFile.load(directory, name -> null))
        .isInstanceOfSatisfying(
            Invalid.class,
            invalid -> assertThat(invalid.problems().getFirst().message()).contains("a directory"));
  }

  @Test
  void aCharacterBeyondTheBasicPlaneMayStandAnywhere() throws IOException {
    // The parser reads in pieces of 1024: one of these stands across an edge.
    for (int padding = 1015; padding < 1030; padding++) {
      Path path = write("# " + "x".repeat(padding) + "\ud83d\ude00\n" + provider("sk-1"));
      assertThat(ConfigFile.load(path, name -> null)).isInstanceOf(Loaded.class);
    }
  }

  @Test
  void notesTellWhatWorksAndMayNotBeMeant() throws IOException {
    Path path =
        write(
            """
            teams: {chat: {}, nobody: {}}
            routes: {a: {api: openai, provider: a, clients: open, team: chat}}
            providers:
              a: {base-url: "https://api.example.com/v1"}
              b: {base-url: "http://models.internal:8000"}
            """);

    ConfigFile.Result result = ConfigFile.load(path, name -> null);
    assertThat(result).isInstanceOf(Loaded.class);
    assertThat(((Loaded) result).notes())
        .extracting(n -> n.line() + " " + n.message())
        .containsExactly(
            "1 teams.nobody has no key here, and no route names it: nobody can be this team until a"
                + " key is issued over the admin port.",
            "4 providers.a.base-url ends with /v1, which requests of api openai bring themselves:"
                + " it would stand twice. Leave it out.",
            "4 providers.a.key is empty: requests to api.example.com go without a key.",
            "5 providers.b.base-url is plain http to another machine: keys and prompts travel"
                + " unencrypted.",
            "5 providers.b is used by no route.");
  }

  @Test
  void everySettingIsShownAsItIsAndSecretsAreMasked() throws IOException {
    String hash = "hmac-sha256:" + "ab".repeat(32);
    String file =
        """
        listen: {port: "${PORT}"}
        admin: {token: "do-not-show-this-one"}
        streams: {keep-alive: {interval: 20s}}
        teams:
          chat: {keys: ["%s"], quotas: {main: {guaranteed: 1k}}}
        pools: {main: {provider: a, tokens-per-minute: 2M, max-wait: 7s}}
        providers: {a: {base-url: "https://api.example.com", key: sk-do-not-show}}
        routes: {a: {api: openai, provider: a, models: ["gpt-*", o4-mini]}}
        """
            .formatted(hash);

    List<EffectiveSetting> settings = load(file, Map.of("PORT", "81")).settings();
    assertThat(settings)
        .contains(
            new EffectiveSetting("listen.port", "81", false, 1),
            new EffectiveSetting("listen.transport", "auto", true, 0),
            new EffectiveSetting("admin.token", "****", false, 2),
            new EffectiveSetting("keys.secret", "none", true, 0),
            new EffectiveSetting("teams.chat.keys", "****", false, 5),
            new EffectiveSetting("teams.chat.quotas.main.guaranteed", "1k", false, 5),
            new EffectiveSetting("teams.chat.quotas.main.max-wait", "7s", true, 0),
            new EffectiveSetting("providers.a.key", "****", false, 7),
            new EffectiveSetting("routes.a.models", "[gpt-*, o4-mini]", false, 8),
            new EffectiveSetting("routes.a.keep-alive.interval", "20s", true, 0),
            new EffectiveSetting("routes.a.body", "32MiB", true, 0));
    assertThat(settings).extracting(EffectiveSetting::name).isSorted().doesNotHaveDuplicates();
    assertThat(settings.toString()).doesNotContain("do-not-show").doesNotContain("abab");
    // Whatever the file has no name for stands there once.
    assertThat(settings)
        .extracting(EffectiveSetting::name)
        .containsAll(
            Keys.ALL.stream().map(Setting::path).filter(p -> !p.contains("<name>")).toList());
  }

  private static String provider(String key) {
    return REST + "providers: {local: {base-url: \"http://127.0.0.1:8000\", key: '" + key + "'}}\n";
  }

  private GatewayConfig load(String text, Map<String, String> environment) throws IOException {
    ConfigFile.Result result = ConfigFile.load(write(text), environment::get);
    assertThat(result).as("%s", result).isInstanceOf(Loaded.class);
    return ((Loaded) result).config();
  }

  private Path write(String text) throws IOException {
    return Files.writeString(directory.resolve("gateway.yaml"), text);
  }

  private static @Nullable String key(GatewayConfig config) {
    return config.routes().getFirst().accounts().getFirst().providerKey();
  }
}

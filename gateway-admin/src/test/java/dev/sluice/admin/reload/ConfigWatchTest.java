package dev.sluice.admin.reload;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.price.PriceAsk;
import dev.sluice.billing.price.PriceBook;
import dev.sluice.billing.usage.Usage;
import dev.sluice.core.config.ConfigFile;
import dev.sluice.core.config.GatewayConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigWatchTest {

  private static final String FILE =
      """
      teams: {chat: {quotas: {local: {ceiling: 60k}}}}
      providers: {local: {base-url: "http://127.0.0.1:8000"}}
      pools: {local: {provider: local, tokens-per-minute: 2M}}
      routes: {local: {api: openai, provider: local, clients: open, team: chat}}
      """;

  @TempDir Path directory;

  private final List<GatewayConfig> changes = new ArrayList<>();

  private Path file() {
    return directory.resolve("gateway.yaml");
  }

  private ConfigWatch watch(String text) throws IOException {
    Files.writeString(file(), text);
    return new ConfigWatch(
        List.of(file()), () -> ConfigFile.load(file(), name -> null), changes::add);
  }

  private long ceiling(int change) {
    return changes.get(change).pools().getFirst().settings().quotas().values().stream()
        .findFirst()
        .orElseThrow()
        .ceiling();
  }

  @Test
  void aChangedFileIsHandedOverOnceAndAnUnchangedOneNever() throws IOException {
    ConfigWatch watch = watch(FILE);
    watch.look();
    assertThat(changes).isEmpty();
    Files.writeString(file(), FILE.replace("60k", "90k"));
    watch.look();
    watch.look();
    assertThat(changes).hasSize(1);
    assertThat(ceiling(0)).isEqualTo(90_000);
  }

  @Test
  void aFileWithAMistakeChangesNothingUntilItIsRight() throws IOException {
    ConfigWatch watch = watch(FILE);
    Files.writeString(file(), FILE.replace("60k", "6Ok"));
    watch.look();
    assertThat(changes).isEmpty();
    Files.writeString(file(), FILE.replace("60k", "70k"));
    watch.look();
    assertThat(ceiling(0)).isEqualTo(70_000);
  }

  @Test
  void aChangedPriceFileIsAChangeAlsoOneThatIsNamedLater() throws IOException {
    ConfigWatch watch = watch(FILE);
    Path prices = directory.resolve("prices.yaml");
    Files.writeString(
        prices, "prices: [{provider: openai, models: {mine: {input: 1, output: 2}}}]");
    Files.writeString(file(), FILE + "prices: {overrides: [prices.yaml]}\n");
    watch.look();
    Files.writeString(
        prices, "prices: [{provider: openai, models: {mine: {input: 3, output: 2}}}]");
    watch.look();
    watch.look();
    assertThat(changes).hasSize(2);
    assertThat(inputCost(0)).isEqualTo(1_000_000_000);
    assertThat(inputCost(1)).isEqualTo(3_000_000_000L);
  }

  private long inputCost(int change) {
    return new PriceBook(changes.get(change).prices())
        .cost(
            new PriceAsk(
                "openai",
                "mine",
                null,
                null,
                null,
                new Usage(1_000_000, 0, 0, 0, 0, 0, 0, 0),
                Instant.EPOCH))
        .nanoUsd();
  }

  @Test
  void aFileThatIsAwayForAMomentIsNoChange() throws IOException {
    ConfigWatch watch = watch(FILE);
    Files.delete(file());
    watch.look();
    Files.writeString(file(), FILE);
    watch.look();
    assertThat(changes).isEmpty();
  }

  @Test
  void whatCannotBePutInEffectIsNotTheEndOfWatching() throws IOException {
    Files.writeString(file(), FILE);
    ConfigWatch watch =
        new ConfigWatch(
            List.of(file()),
            () -> ConfigFile.load(file(), name -> null),
            config -> {
              changes.add(config);
              throw new IllegalStateException("on purpose");
            });
    Files.writeString(file(), FILE.replace("60k", "90k"));
    watch.look();
    Files.writeString(file(), FILE.replace("60k", "95k"));
    watch.look();
    assertThat(changes).hasSize(2);
  }
}

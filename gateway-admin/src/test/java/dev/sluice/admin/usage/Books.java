package dev.sluice.admin.usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.CallRecord.Metering;
import dev.sluice.billing.ledger.CallRecord.Outcome;
import dev.sluice.billing.ledger.Intent;
import dev.sluice.billing.ledger.Ledger;
import dev.sluice.billing.ledger.LedgerSettings;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A real ledger in a directory, and short words to write into it. */
public final class Books implements AutoCloseable {

  private final Ledger ledger;
  private int calls;

  public Books(Path directory) {
    ledger =
        Ledger.open(
            new LedgerSettings(
                directory, LedgerSettings.Durability.RELAXED, 64, Duration.ofDays(36_500), 100_000),
            InstantSource.system(),
            System::nanoTime,
            (level, text) -> {});
  }

  public Ledger ledger() {
    return ledger;
  }

  /** A call, with only what the tests of usage ask for. */
  public record Call(
      String at,
      String team,
      @Nullable String key,
      String provider,
      String model,
      Usage usage,
      Cost cost,
      Map<String, String> tags) {}

  public static Cost known(long nanoUsd, String version) {
    return Cost.plain(nanoUsd, 0, version);
  }

  public static Usage tokens(long input, long output) {
    return new Usage(input, 0, 0, 0, 0, 0, output, 0);
  }

  /** Written when {@link #flush} returns; its id. */
  public String add(Call call) {
    String id = "call-%05d".formatted(calls++);
    long started = Instant.parse(call.at()).toEpochMilli();
    TeamId team = new TeamId(call.team());
    Intent intent =
        new Intent(
            id,
            team,
            call.key(),
            "route",
            "openai.chat",
            "chat",
            call.provider(),
            call.model(),
            false,
            call.tags(),
            started,
            1,
            1,
            2,
            null,
            Cost.UNKNOWN);
    ledger
        .intend(intent, Runnable::run, open -> {})
        .settled(
            new CallRecord(
                id,
                team,
                call.key(),
                call.tags(),
                "route",
                "openai.chat",
                "chat",
                call.provider(),
                call.model(),
                call.model(),
                null,
                false,
                200,
                Outcome.COMPLETE,
                "complete",
                "settle",
                call.usage(),
                UsageSource.PROVIDER,
                call.cost(),
                started,
                0,
                1,
                2,
                3,
                0,
                0,
                false,
                "live",
                1,
                "none",
                Usage.NONE,
                Cost.NONE,
                Metering.NONE,
                CallRecord.Caching.NONE));
    return id;
  }

  public Books add(String at, String team, String provider, String model, Usage usage, Cost cost) {
    add(new Call(at, team, null, provider, model, usage, cost, Map.of()));
    return this;
  }

  public void flush() {
    assertThat(ledger.flush()).isTrue();
    assertThat(ledger.state().lost().calls()).isZero();
  }

  @Override
  public void close() {
    ledger.close();
  }
}

package dev.sluice.core.config;

import dev.sluice.billing.account.FileAccounts;
import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.billing.ledger.LedgerSettings;
import dev.sluice.billing.price.PriceTable;
import dev.sluice.billing.team.TeamDirectory;
import dev.sluice.core.flow.RoutePolicy;
import dev.sluice.core.identity.DedupeSettings;
import dev.sluice.core.prefix.GateSettings;
import dev.sluice.core.quota.PoolRule;
import dev.sluice.core.server.ServerSettings;
import dev.sluice.core.upstream.UpstreamSettings;
import dev.sluice.core.warm.KeepWarmSettings;
import dev.sluice.sse.replay.ResumeSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A whole configuration, checked: what a configuration file says, as the settings records of all
 * rooms. Immutable; a reload makes another.
 *
 * @param warmUp how long calls are rehearsed before the ports open; 0 for not at all
 * @param routes in the order of the file
 * @param providers by name, in the order of the file
 * @param keySecret the secret of the directory's hashes; a secret: {@link #toString} leaves it out
 * @param bodiesTotalMaxBytes all request bodies held at once
 * @param drain how long streams may go on once a stop was asked for
 * @param logCalls whether each ended call is one line in the log
 * @param ledger where what is paid for is written down
 * @param tagFields fields with which clients may tag calls, besides the gateway's own; lower case
 * @param resume what is held of answers
 * @param dedupe how a request is known to be one that was asked before
 * @param promptCache what is done about prompts that a provider caches
 * @param pools the providers' limits and the teams' shares of them, in the order of the file
 * @param prices what tokens cost
 * @param budgets what teams may spend, in the order of the file
 * @param keepWarm which refreshes of prompt cache entries may be sent
 * @param storage directory in which is kept what changes while the gateway runs
 * @param settings every setting as it is, by name
 */
public record GatewayConfig(
    ServerSettings server,
    Duration warmUp,
    AdminSettings admin,
    List<RoutePolicy> routes,
    Map<String, UpstreamSettings> providers,
    TeamDirectory teams,
    String keySecret,
    long bodiesTotalMaxBytes,
    Duration drain,
    boolean logCalls,
    LedgerSettings ledger,
    List<String> tagFields,
    ResumeSettings resume,
    DedupeSettings dedupe,
    GateSettings promptCache,
    List<PoolRule> pools,
    PriceTable prices,
    List<BudgetRule> budgets,
    KeepWarmSettings keepWarm,
    Path storage,
    List<EffectiveSetting> settings) {

  public GatewayConfig {
    tagFields = List.copyOf(tagFields);
    routes = List.copyOf(routes);
    pools = List.copyOf(pools);
    budgets = List.copyOf(budgets);
    settings = List.copyOf(settings);
    // Not Map.copyOf: it loses the order.
    providers = Collections.unmodifiableMap(new LinkedHashMap<>(providers));
  }

  /** What the file says of accounts; what is set over the admin port goes before it. */
  public FileAccounts accounts() {
    return new FileAccounts(
        teams.teams(), pools.stream().map(PoolRule::settings).toList(), budgets);
  }

  @Override
  public String toString() {
    return "GatewayConfig["
        + server
        + ", "
        + admin
        + ", routes="
        + routes
        + ", providers="
        + providers.keySet()
        + ", "
        + teams
        + "]";
  }
}

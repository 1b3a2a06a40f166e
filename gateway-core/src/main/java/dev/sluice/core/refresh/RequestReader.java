package dev.sluice.core.refresh;

import dev.sluice.billing.estimate.TokenEstimator;
import dev.sluice.core.account.AccountChoice;
import dev.sluice.core.dialect.Dialect;
import dev.sluice.core.dialect.PromptLayout;
import dev.sluice.core.dialect.Refusal;
import dev.sluice.core.dialect.RequestFacts;
import dev.sluice.core.dialect.RequestScan;
import dev.sluice.core.dialect.Route;
import dev.sluice.core.dialect.Routes;
import dev.sluice.core.flow.Beginnings;
import dev.sluice.core.flow.ProviderAccount;
import dev.sluice.core.flow.RoutePolicy;
import dev.sluice.core.identity.Fingerprinter;
import dev.sluice.core.identity.PromptScope;
import dev.sluice.core.prefix.CacheRules;
import dev.sluice.core.prefix.GateMode;
import dev.sluice.core.prefix.Prefix;
import dev.sluice.core.warm.PrefixReader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a registered request as the flow reads one that comes from a client. Any thread. */
public final class RequestReader implements PrefixReader {

  private static final String MESSAGES = "/v1/messages";
  private static final String CHAT = "/v1/chat/completions";
  private static final String RESPONSES = "/v1/responses";

  private final Routes routes;
  private final Map<String, RoutePolicy> policies;
  private final Fingerprinter fingerprinter;
  private final TokenEstimator estimator;
  private final AccountChoice accounts;
  private final GateMode mode;

  /** A request of which nothing can be kept. */
  private static final class Unusable extends Exception {
    private static final long serialVersionUID = 1;

    Unusable(String reason) {
      super(reason, null, false, false);
    }
  }

  /**
   * The rooms by which the flow goes.
   *
   * @param policies by the name of the route
   * @param mode of the gate, where a prefix has none of its own
   */
  public RequestReader(
      Routes routes,
      Map<String, RoutePolicy> policies,
      Fingerprinter fingerprinter,
      TokenEstimator estimator,
      AccountChoice accounts,
      GateMode mode) {
    this.routes = routes;
    this.policies = Map.copyOf(policies);
    this.fingerprinter = fingerprinter;
    this.estimator = estimator;
    this.accounts = accounts;
    this.mode = mode;
  }

  @Override
  public Reading read(String route, String request) {
    try {
      RegisteredRequest found = find(route, request);
      Prefix prefix = found.prefix();
      return new Cacheable(
          prefix.id(),
          prefix.id().text(),
          prefix.id().account(),
          found.model(),
          prefix.tokens(),
          prefix.lifetimeNanos(),
          obstacle(policies.get(route), found, request));
    } catch (Unusable nothing) {
      return new NotCacheable(String.valueOf(nothing.getMessage()));
    }
  }

  private @Nullable String obstacle(
      @Nullable RoutePolicy policy, RegisteredRequest found, String request) {
    if (mode == GateMode.OFF) {
      return "With prompt-cache.gate off nothing is known of prefixes, so none is refreshed, and a"
          + " gate of its own does nothing. Set it to observe.";
    }
    if (policy == null) {
      return null;
    }
    byte[] made = found.warmUp(policy.route().family(), request);
    return made != null
        ? null
        : switch (policy.route().family()) {
          case ANTHROPIC ->
              "It cannot be refreshed: that is asked with max_tokens: 0, which the provider refuses"
                  + " with thinking, an output format or a forced tool. If clients call without"
                  + " them, register the request without them.";
          case OPENAI, GEMINI ->
              "It cannot be refreshed: the prefix ends in an answer or in a tool's result, or"
                  + " belongs to a conversation. Register a request that ends with its"
                  + " instructions.";
        };
  }

  /** The same in the flow's own words; null where there is nothing. */
  @Nullable RegisteredRequest of(String route, String request) {
    try {
      return find(route, request);
    } catch (Unusable nothing) {
      return null;
    }
  }

  private RegisteredRequest find(String route, String request) throws Unusable {
    RoutePolicy policy = policies.get(route);
    if (policy == null) {
      throw new Unusable(
          "There is no route \"" + route + "\". Known: " + String.join(", ", names()) + ".");
    }
    if (policy.clients() == RoutePolicy.Clients.PASS_THROUGH) {
      throw new Unusable(
          "On route \""
              + route
              + "\" clients bring the provider's key, so the gateway cannot ask there itself. Use a"
              + " route with a key of the gateway's own.");
    }
    ByteBuf body = Unpooled.wrappedBuffer(request.getBytes(StandardCharsets.UTF_8));
    return switch (policy.route().family()) {
      case ANTHROPIC -> cached(policy, body, MESSAGES);
      case OPENAI -> {
        RegisteredRequest chat = orNull(policy, body, CHAT);
        yield chat != null ? chat : cached(policy, body, RESPONSES);
      }
      case GEMINI ->
          throw new Unusable(
              "Gemini caches prompts without being asked and promises nothing, so there is nothing"
                  + " to keep. Use its cachedContents.");
    };
  }

  private List<String> names() {
    return policies.keySet().stream().sorted().toList();
  }

  private @Nullable RegisteredRequest orNull(RoutePolicy policy, ByteBuf body, String path) {
    try {
      return cached(policy, body, path);
    } catch (Unusable notThatForm) {
      return null;
    }
  }

  private RegisteredRequest cached(RoutePolicy policy, ByteBuf body, String path) throws Unusable {
    String target = policy.route().prefix() + path;
    if (!(routes.find(HttpMethod.POST, target, headers(policy.route().family()))
            instanceof Routes.Found found)
        || !found.route().name().equals(policy.route().name())) {
      throw new Unusable("Route \"" + policy.route().name() + "\" does not serve " + path + ".");
    }
    Dialect dialect = found.dialect();
    RequestFacts facts = scan(dialect, body);
    String model = facts.model();
    if (model == null) {
      throw new Unusable("The request names no model. Give it a member \"model\".");
    }
    PromptLayout layout = facts.prompt();
    if (layout == null || layout.entries().isEmpty()) {
      throw new Unusable(
          "The provider would cache nothing of the request. Mark where the prefix ends"
              + " (Anthropic: cache_control), or make it longer.");
    }
    return found(policy, body, target, dialect, facts, layout, model);
  }

  private RegisteredRequest found(
      RoutePolicy policy,
      ByteBuf body,
      String target,
      Dialect dialect,
      RequestFacts facts,
      PromptLayout layout,
      String model)
      throws Unusable {
    Route.Family family = policy.route().family();
    long input = estimator.before(body.readableBytes(), facts.outputCap()).input();
    Beginnings beginnings =
        Beginnings.of(
            family,
            model,
            layout,
            body,
            fingerprinter,
            () -> PromptScope.of(dialect.name(), model, 0, EmptyHttpHeaders.INSTANCE));
    List<Prefix> chain = List.of();
    if (beginnings != null) {
      List<String> names = policy.accounts().stream().map(ProviderAccount::provider).toList();
      String account = accounts.line(names, beginnings.affinity()).first();
      chain = beginnings.chain(account, input, body.readableBytes());
    }
    if (chain.isEmpty()) {
      throw new Unusable(
          "The prefix has about "
              + input * layout.entries().getLast().bytes() / body.readableBytes()
              + " tokens, and of this model the provider caches nothing below "
              + CacheRules.of(family, model).tokensMin()
              + ".");
    }
    int entry = layout.entries().size() - 1;
    return new RegisteredRequest(chain.getLast(), entry, model, dialect, facts, target);
  }

  private static RequestFacts scan(Dialect dialect, ByteBuf body) throws Unusable {
    RequestScan scan = dialect.newScan();
    if (scan == null) {
      throw new Unusable("Bodies of " + dialect.name() + " are not read.");
    }
    Refusal refusal = scan.scan(body);
    refusal = refusal != null ? refusal : scan.finish();
    if (refusal != null) {
      throw new Unusable(refusal.message());
    }
    return scan.facts();
  }

  /** What a client of that API sends, as far as answers depend on it. */
  static HttpHeaders headers(Route.Family family) {
    HttpHeaders headers = new DefaultHttpHeaders().set("content-type", "application/json");
    switch (family) {
      case ANTHROPIC -> headers.set("anthropic-version", "2023-06-01");
      case OPENAI, GEMINI -> {}
    }
    return headers;
  }
}

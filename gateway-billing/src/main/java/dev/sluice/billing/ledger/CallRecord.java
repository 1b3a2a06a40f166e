package dev.sluice.billing.ledger;

import dev.sluice.billing.estimate.ContentClass;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of an ended call; metrics, log line and later the ledger row and the page are
 * drawn from it. Holds no key, no prompt and no completion.
 *
 * @param callId the gateway's own id, as sent in {@code Sluice-Request-Id}
 * @param team who asked, or null where that was refused before it was known
 * @param keyId which of the team's keys, by its public id; null where none was needed or known
 * @param tags what the client says of the call, bounded in number and length, in its order: run,
 *     step, conversation, prompt, and whatever the configuration names. Unchecked text of a client
 * @param route route name, or {@code none} where no route matched
 * @param dialect {@code Dialect.name()}
 * @param operation {@code gen_ai.operation.name}
 * @param provider provider name in the configuration, or {@code none}
 * @param modelAsked model in the request, unchecked text of a client: bound and escape it before it
 *     becomes a label or a line
 * @param modelServed model in the answer, likewise
 * @param serviceTier tier in the answer, likewise
 * @param stream whether the client asked for an event stream
 * @param status status sent to the client, or 0 where the client left before one
 * @param outcome how it ended
 * @param reason stable code behind the outcome, e.g. {@code complete}, {@code idle_limit}, {@code
 *     body_too_large}
 * @param phase the step of the flow in which it ended, e.g. {@code stream_back}
 * @param usage billed tokens
 * @param usageSource who counted them
 * @param cost what they cost
 * @param startedEpochMillis when the request head arrived
 * @param queueNanos time spent waiting to be admitted
 * @param firstByteNanos from head to the provider's first answer byte, or -1
 * @param totalNanos from head to end
 * @param bytesToClient body bytes written to the client, keep-alives included
 * @param keepAlives comments, pings or white space written into silences
 * @param longestSilenceNanos longest time in which the client was sent nothing, once its response
 *     had begun
 * @param lateError whether a provider failure had to be told inside a committed {@code 200}
 * @param replay how the answer came: {@code live} from a provider, else from a call that had been
 *     paid for already, in the words of {@code Sluice-Replay}
 * @param cursors clients that read the answer in all
 * @param orphan what came of the call's last client having left: {@code none} if none had, else
 *     {@code returned}, {@code finished}, {@code cancelled}, {@code budget_spent} or {@code
 *     released}
 * @param avoided tokens that asking anew would have been billed; none where the call was live
 * @param avoidedCost what these would have cost
 * @param metering what was estimated and reserved of it
 * @param caching what it was to its provider's prompt cache
 */
public record CallRecord(
    String callId,
    @Nullable TeamId team,
    @Nullable String keyId,
    Map<String, String> tags,
    String route,
    String dialect,
    String operation,
    String provider,
    @Nullable String modelAsked,
    @Nullable String modelServed,
    @Nullable String serviceTier,
    boolean stream,
    int status,
    Outcome outcome,
    String reason,
    String phase,
    Usage usage,
    UsageSource usageSource,
    Cost cost,
    long startedEpochMillis,
    long queueNanos,
    long firstByteNanos,
    long totalNanos,
    long bytesToClient,
    long keepAlives,
    long longestSilenceNanos,
    boolean lateError,
    String replay,
    int cursors,
    String orphan,
    Usage avoided,
    Cost avoidedCost,
    Metering metering,
    Caching caching) {

  public CallRecord {
    // Not Map.copyOf: it loses the order.
    tags = tags.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(tags));
  }

  /** Whether it is a call that was paid for, and not a reading of one. */
  public boolean isLive() {
    return replay.equals("live");
  }

  /**
   * What was expected of it, and what a pool had to do with it.
   *
   * @param pool its name, or null where the call came under none
   * @param content what its body was made of, or null where nobody looked
   * @param estimatedInput tokens, by the length of its body where nobody looked into that; 0 where
   *     it was refused
   * @param reservedTokens input and output; 0 where it was refused, or came under no pool
   */
  public record Metering(
      @Nullable String pool,
      @Nullable ContentClass content,
      long estimatedInput,
      long reservedTokens) {

    /** Of what never was a call of its own. */
    public static final Metering NONE = new Metering(null, null, 0, 0);
  }

  /**
   * What a call was to its provider's prompt cache.
   *
   * @param role {@code leader}, {@code follower}, {@code warm} or {@code bypass}; null where
   *     nothing of it could be cached
   * @param waitNanos how long it waited for another call to begin
   * @param saved nano-dollars that waiting saved it
   * @param wasted nano-dollars that it paid for what was being written, or had been
   */
  public record Caching(@Nullable String role, long waitNanos, long saved, long wasted) {

    /** Of what has nothing to do with one. */
    public static final Caching NONE = new Caching(null, 0, 0, 0);
  }

  /** How a call ended, and so who must look at it. */
  public enum Outcome {
    /** Whole. */
    COMPLETE,
    /** The gateway said no before anything was forwarded. */
    REFUSED,
    /** The provider answered with an error status, passed through. */
    PROVIDER_ERROR,
    /** The provider could not be reached, broke off, timed out, or sent garbage. */
    PROVIDER_FAILED,
    /** The client left, or stopped reading. */
    CLIENT_GONE,
    /** A bug of the gateway ended it. */
    GATEWAY_FAILED,
    /** The gateway shut down before it ended. */
    DRAINED,
    /** An operator ended it. */
    CANCELLED,
    /** The gateway died before it ended, and found it in its books when it was started again. */
    LOST
  }
}

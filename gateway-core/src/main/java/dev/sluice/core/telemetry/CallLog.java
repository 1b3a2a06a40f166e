package dev.sluice.core.telemetry;

import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.ledger.CallSink;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * One line per ended call, for people and {@code grep}: {@code key=value}, a value in quotes where
 * it is not plain. What clients and providers choose cannot end the line, end a value, or pose as
 * another field; the line holds ASCII only. Never a key, prompt or completion. From any loop: the
 * appender behind the logger must not block.
 */
public final class CallLog implements CallSink {

  /** Longer values are cut; a model name has a few dozen characters. */
  private static final int VALUE_MAX = 120;

  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private final Logger log;

  /** The logger's name is the caller's choice, so that one can be silenced without the other. */
  public CallLog(Logger log) {
    this.log = log;
  }

  @Override
  public void ended(CallRecord call) {
    if (log.isInfoEnabled()) {
      log.info(line(call));
    }
  }

  /** The line without time and level. */
  static String line(CallRecord call) {
    var line = new StringBuilder(320).append("call ");
    value(line, call.callId());
    line.append(" ended by=").append(endedBy(call.outcome()));
    field(line, "in", call.phase());
    field(line, "why", call.reason());
    seconds(line.append(" after="), call.totalNanos());
    line.append(" status=").append(call.status());
    field(line, "team", call.team() == null ? null : call.team().name());
    field(line, "route", call.route());
    field(line, "dialect", call.dialect());
    field(line, "provider", call.provider());
    field(line, "model", call.modelAsked());
    if (call.modelServed() != null && !call.modelServed().equals(call.modelAsked())) {
      field(line, "served", call.modelServed());
    }
    field(line, "tier", call.serviceTier());
    if (call.firstByteNanos() >= 0) {
      seconds(line.append(" first_byte="), call.firstByteNanos());
    }
    if (call.metering().pool() != null) {
      field(line, "pool", call.metering().pool());
      seconds(line.append(" queue="), call.queueNanos());
      line.append(" reserved=").append(call.metering().reservedTokens());
    }
    if (call.caching().role() != null) {
      field(line, "cache", call.caching().role());
      if (call.caching().waitNanos() > 0) {
        seconds(line.append(" cache_wait="), call.caching().waitNanos());
      }
    }
    line.append(" tokens=")
        .append(call.usage().input())
        .append('/')
        .append(call.usage().output())
        .append(" source=")
        .append(Meters.lowerCase(call.usageSource()))
        .append(" bytes=")
        .append(call.bytesToClient());
    switch (call.cost().state()) {
      case NONE -> {}
      case KNOWN, APPROXIMATE -> line.append(" cost_nano_usd=").append(call.cost().nanoUsd());
      case UNKNOWN -> line.append(" cost_nano_usd=unknown");
    }
    if (call.stream()) {
      line.append(" keep_alives=").append(call.keepAlives());
      seconds(line.append(" silence="), call.longestSilenceNanos());
    }
    if (call.lateError()) {
      line.append(" late_error=true");
    }
    if (!call.isLive()) {
      field(line, "replay", call.replay());
    }
    if (call.cursors() != 1) {
      line.append(" cursors=").append(call.cursors());
    }
    if (!call.orphan().equals("none")) {
      field(line, "orphan", call.orphan());
    }
    return line.toString();
  }

  private static String endedBy(CallRecord.Outcome outcome) {
    return switch (outcome) {
      case COMPLETE, PROVIDER_ERROR, PROVIDER_FAILED -> "provider";
      case REFUSED, GATEWAY_FAILED -> "gateway";
      case CLIENT_GONE -> "client";
      case DRAINED, LOST -> "shutdown";
      case CANCELLED -> "operator";
    };
  }

  private static void field(StringBuilder line, String name, @Nullable String value) {
    if (value != null) {
      line.append(' ').append(name).append('=');
      value(line, value);
    }
  }

  /** Milliseconds below a second, tenths below a hundred, then whole seconds. */
  static void seconds(StringBuilder line, long nanos) {
    long millis = Math.max(0, nanos) / 1_000_000;
    line.append(millis / 1000);
    if (millis < 1_000) {
      line.append('.');
      padded(line, millis, 100);
    } else if (millis < 100_000) {
      line.append('.').append(millis % 1000 / 100);
    }
    line.append('s');
  }

  private static void padded(StringBuilder line, long number, long highest) {
    for (long digit = highest; digit > 0; digit /= 10) {
      line.append((char) ('0' + number / digit % 10));
    }
  }

  private static void value(StringBuilder line, String value) {
    int end = Math.min(value.length(), VALUE_MAX);
    boolean isPlain = end == value.length() && end > 0;
    for (int i = 0; i < end && isPlain; i++) {
      isPlain = BoundedLabels.isPlain(value.charAt(i));
    }
    if (isPlain) {
      line.append(value);
      return;
    }
    line.append('"');
    for (int i = 0; i < end; i++) {
      escaped(line, value.charAt(i));
    }
    line.append(end < value.length() ? "...\"" : "\"");
  }

  /**
   * Beyond ASCII there are characters that end lines or turn their direction: none goes out raw.
   */
  private static void escaped(StringBuilder line, char c) {
    if (c == '"' || c == '\\') {
      line.append('\\').append(c);
    } else if (c >= ' ' && c < 0x7f) {
      line.append(c);
    } else {
      line.append("\\u");
      for (int shift = 12; shift >= 0; shift -= 4) {
        line.append(HEX[(c >> shift) & 0xf]);
      }
    }
  }
}

package dev.sluice.core.prefix;

import java.util.concurrent.atomic.LongAdder;

/** What has been counted of one prefix since the gateway knows it. Money in nano-dollars. */
final class PrefixStats {
  final LongAdder calls = new LongAdder();
  final LongAdder writes = new LongAdder();
  final LongAdder readTokens = new LongAdder();
  final LongAdder writtenTokens = new LongAdder();
  final LongAdder followers = new LongAdder();
  final LongAdder bypasses = new LongAdder();
  final LongAdder evictions = new LongAdder();
  final LongAdder wasted = new LongAdder();
  final LongAdder saved = new LongAdder();
}

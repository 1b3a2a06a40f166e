package dev.sluice.core.flow;

import dev.sluice.billing.ledger.CallRecord;
import dev.sluice.billing.team.TeamId;
import dev.sluice.sse.journal.CursorSink;
import dev.sluice.sse.journal.JournalHead;
import org.jspecify.annotations.Nullable;

/** The little that the flow needs of a client connection. Confined to the connection's loop. */
public interface ClientPort extends CursorSink {

  /**
   * A whole answer at once, where no journal exists: refusals before a call was opened.
   *
   * @param lastOnConnection whether the connection must be closed after it, because unread request
   *     bytes remain
   */
  void answer(JournalHead head, byte[] body, boolean lastOnConnection);

  /**
   * What path the bytes take to this client, coarsely: network and the intermediaries it names.
   * Bounded in number by the caller; never an address of one host.
   */
  String pathClass();

  /** Whether this is the first request of its connection. */
  boolean isFirstOnConnection();

  /** Whose the request is, where that is known without a key; null where a key has to say it. */
  default @Nullable TeamId owner() {
    return null;
  }

  /** What became of its call, where it was one that is paid for. */
  default void settled(CallRecord record) {}

  /** Closes the connection now; {@code why} is for the log. */
  void abort(String why);
}

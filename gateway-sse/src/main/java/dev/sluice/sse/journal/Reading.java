package dev.sluice.sse.journal;

import dev.sluice.sse.keepalive.KeepAlive;
import dev.sluice.sse.keepalive.KeepAliveForm;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How one client reads an answer.
 *
 * @param earlyHead what is sent if the provider's head has not come after {@link
 *     KeepAlive#firstByteAfter}, of form {@code EVENTS}, or {@code JSON}, which is only used with
 *     {@link KeepAlive#jsonWhitespace}; null: nothing is sent early
 * @param ownFields header fields for this client alone, behind those of the answer
 * @param afterEvent events of a stream that are left out at its beginning; 0 for none
 * @param isNumbered whether each event gets an {@code id} line with its number, from 1
 */
public record Reading(
    KeepAlive keepAlive,
    KeepAliveForm form,
    @Nullable JournalHead earlyHead,
    List<Map.Entry<String, String>> ownFields,
    long afterEvent,
    boolean isNumbered) {

  /** From the beginning, as it is. */
  public static Reading whole(
      KeepAlive keepAlive, KeepAliveForm form, @Nullable JournalHead earlyHead) {
    return new Reading(keepAlive, form, earlyHead, List.of(), 0, false);
  }
}

package dev.sluice.admin.demo;

import java.time.Duration;

/**
 * One thing that goes wrong (or merely differently) in an answer: where, and what.
 *
 * <p>Text form, as {@link Script} reads it after {@code at=}: {@code POINT:EFFECT[:ARGUMENT]}.
 */
public record Fault(Point point, Effect effect) {

  /** A place in the exchange. Events are counted on the wire, from 1, framing events included. */
  public sealed interface Point {
    /** {@code accept}: a connection was accepted; only in the default script. */
    record Accept() implements Point {}

    /** {@code head}: the request is whole, nothing has been answered. */
    record Head() implements Point {}

    /** {@code body}: the head was sent, no byte of the body. */
    record Body() implements Point {}

    /** {@code between@N}: {@code after} events were sent, the next one not begun. */
    record Between(int after) implements Point {}

    /** {@code inside@N}: half of event {@code event} was sent. A JSON body is one event. */
    record Inside(int event) implements Point {}

    /** {@code end}: every event was sent, the end of the body not. */
    record End() implements Point {}
  }

  /** What happens there. */
  public sealed interface Effect {
    /** {@code reset}: TCP reset. */
    record Reset() implements Effect {}

    /** {@code close}: TCP FIN, whatever the framing promised. */
    record Close() implements Effect {}

    /** {@code silence:DURATION}, or {@code silence:forever}; then on as if nothing had been. */
    record Silence(Duration duration) implements Effect {}

    /** {@code garbage}: bytes that are not HTTP; then nothing more on an open connection. */
    record Garbage() implements Effect {}

    /** {@code length:N}: {@code Content-Length} is wrong by so many bytes. At the head. */
    record WrongLength(int by) implements Effect {}

    /** {@code status:CODE}: an error answer in the provider's own envelope. At the head. */
    record Status(int code) implements Effect {}

    /** {@code error}: the API's in-stream error, then the clean end of the body. */
    record StreamError() implements Effect {}

    /** {@code slow:DURATION}: one byte per duration from here on. */
    record Slow(Duration perByte) implements Effect {}

    /** {@code nomark}: the body ends cleanly, without the API's end marker. At the end. */
    record NoEndMarker() implements Effect {}

    /** {@code gzip}: the body is compressed, asked for or not. At the head. */
    record Gzip() implements Effect {}

    /** {@code interim:N}: so many {@code 102} answers first. At the head. */
    record Interim(int count) implements Effect {}

    /** {@code bomb:BYTES}: header fields of that size in all. At the head. */
    record HeaderBomb(int bytes) implements Effect {}

    /** {@code huge:BYTES}: an event of that size, without a line end inside. */
    record HugeEvent(int bytes) implements Effect {}

    /** {@code trailers}: trailer fields behind the last chunk. At the end. */
    record Trailers() implements Effect {}

    /** {@code dupusage}: the event that carries usage comes twice. At the end. */
    record DuplicateUsage() implements Effect {}

    /** {@code event:TEXT}: an extra piece of body, written as it stands. */
    record Extra(String text) implements Effect {}

    /** {@code raw:TEXT}: bytes on the wire, outside the body's framing (ISO 8859-1). */
    record Raw(String text) implements Effect {}
  }
}

package dev.sluice.core.config;

import java.io.Reader;

/**
 * A text, read so that no read ends between the two halves of a surrogate pair: where one does,
 * snakeyaml-engine 3.0.1 fetches the second half to a place behind its buffer, and fails.
 */
final class WholeCharacters extends Reader {

  private final String text;
  private int at;

  WholeCharacters(String text) {
    this.text = text;
  }

  @Override
  public int read(char[] to, int offset, int length) {
    if (at == text.length()) {
      return -1;
    }
    int end = Math.min(text.length(), at + length);
    if (end - at > 1 && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    text.getChars(at, end, to, offset);
    int read = end - at;
    at = end;
    return read;
  }

  @Override
  public void close() {}
}

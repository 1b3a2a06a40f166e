package dev.sluice.admin.api;

/**
 * One thing that can be asked on the admin port.
 *
 * @param method {@code GET}, {@code POST}, …; a {@code GET} answers {@code HEAD} too
 * @param path compared exactly, but for a segment {@code {name}}, which stands for any one segment
 *     and is handed over as {@link AdminRequest#parameter}; an exact path goes before such a one
 * @param isOpen whether it is answered without a token
 * @param bodyMaxBytes of the longest body it takes
 */
public record Endpoint(
    String method, String path, boolean isOpen, int bodyMaxBytes, Handler handler) {

  /** Enough for whatever a person writes. */
  static final int BODY_USUAL = 64 << 10;

  /** With a body of the usual length at most. */
  public Endpoint(String method, String path, boolean isOpen, Handler handler) {
    this(method, path, isOpen, BODY_USUAL, handler);
  }

  /** Answers one request, on a virtual thread: it may block, within the server's time limit. */
  @FunctionalInterface
  public interface Handler {
    /**
     * What it throws becomes a 500 without details, and an error in the log.
     *
     * @throws Exception whatever went wrong
     */
    AdminAnswer answer(AdminRequest request) throws Exception;
  }
}

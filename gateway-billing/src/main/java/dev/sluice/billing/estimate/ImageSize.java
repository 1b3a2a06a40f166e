package dev.sluice.billing.estimate;

/**
 * Size of an image as it was sent.
 *
 * @param width pixels, positive
 * @param height pixels, positive
 */
public record ImageSize(int width, int height) {

  /**
   * Stands for an image whose size could not be read: a screenshot or photo that has been scaled
   * for a model, as clients usually send them.
   */
  public static final ImageSize UNKNOWN = new ImageSize(1_024, 1_024);
}

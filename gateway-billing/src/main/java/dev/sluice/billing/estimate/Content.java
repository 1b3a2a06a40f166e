package dev.sluice.billing.estimate;

import java.util.List;

/**
 * What is to be counted of a request's body: a few numbers, not a copy of it. Made by {@link
 * TextShape}. Immutable.
 *
 * @param bytes of the whole body
 * @param baseTokens of its text by the fixed model of {@link TextShape}; without images and
 *     documents; not negative
 * @param contentClass what most of it is
 * @param images sizes, in the order of the body, of the first {@link TextShape#IMAGES_MAX}
 * @param imageCount how many images there were, also beyond those listed
 * @param pdfBytes decoded length of all PDF documents together
 */
public record Content(
    long bytes,
    long baseTokens,
    ContentClass contentClass,
    List<ImageSize> images,
    long imageCount,
    long pdfBytes) {

  public Content {
    images = List.copyOf(images);
  }

  /** Whether it is text only, so that a tokenizer can count it. */
  public boolean isText() {
    return imageCount == 0 && pdfBytes == 0;
  }
}

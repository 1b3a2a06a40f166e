package dev.sluice.billing.estimate;

import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tokens of images by the providers' published formulas, read in autumn 2026: OpenAI
 * (developers.openai.com/api/docs/guides/images-vision), Anthropic
 * (platform.claude.com/docs/en/build-with-claude/vision), Google (ai.google.dev/gemini-api/docs,
 * image-understanding). Where a request may choose a resolution, the default is assumed. Stateless;
 * any thread.
 */
public final class ImageTokens {

  /** An image of unknown size for an unknown model; for comparisons only. */
  static final long USUAL = 1_000;

  /**
   * Decoded bytes of a PDF for each token: a page of 100 KB is charged as its text and as a
   * picture, about 4,000 tokens. Nobody publishes a formula by bytes; the learned ratio does the
   * rest.
   */
  private static final long PDF_BYTES_PER_TOKEN = 25;

  private static final Pattern CLAUDE =
      Pattern.compile("claude-(?:[a-z]+-)?(\\d)(?:[-.](\\d{1,2})(?!\\d))?");
  private static final Pattern GPT = Pattern.compile("gpt-(\\d)(?:\\.(\\d+))?");
  private static final Pattern GEMINI = Pattern.compile("gemini-(\\d)");

  private static final Pattern O_SERIES = Pattern.compile("(^|/)o[13]($|-)");

  private record Patches(String model, long hundredths) {}

  /** Multipliers; gpt-5-mini is in no list, and taken to be as 4.1-mini. */
  private static final List<Patches> PATCHES =
      List.of(
          new Patches("gpt-4.1-mini", 162),
          new Patches("gpt-4.1-nano", 246),
          new Patches("o4-mini", 172),
          new Patches("gpt-5-mini", 162),
          new Patches("gpt-5-nano", 150));

  private ImageTokens() {}

  /**
   * Tokens of one image.
   *
   * @param model as the client named it, with or without a vendor's prefix; null or unknown: as for
   *     an older Claude, which is in the middle of all
   * @param image its size as sent
   */
  public static long tokens(@Nullable String model, ImageSize image) {
    return of(model).applyAsLong(image);
  }

  /** The formula of a model, for many images. */
  static ToLongFunction<ImageSize> of(@Nullable String model) {
    String name = model == null ? "" : model.toLowerCase(Locale.ROOT);
    Matcher gemini = GEMINI.matcher(name);
    if (gemini.find()) {
      return gemini.group(1).compareTo("3") >= 0 ? image -> 1_120 : ImageTokens::geminiTiles;
    }
    for (Patches family : PATCHES) {
      if (name.contains(family.model)) {
        return image -> patches(family.hundredths, image);
      }
    }
    if (name.contains("4o-mini")) {
      return image -> tiles(2_833, 5_667, image);
    }
    Matcher gpt = GPT.matcher(name);
    if (gpt.find()) {
      int version = version(gpt);
      return version >= 502
          ? image -> patches(120, image)
          : version >= 500 ? image -> tiles(70, 140, image) : image -> tiles(85, 170, image);
    }
    if (O_SERIES.matcher(name).find()) {
      return image -> tiles(75, 150, image);
    }
    Matcher claude = CLAUDE.matcher(name);
    return claude.find() && version(claude) >= 407
        ? image -> claude(4_784, 2_576, image)
        : image -> claude(1_568, 1_568, image);
  }

  /**
   * @param decodedBytes length of the documents
   */
  static long ofPdf(long decodedBytes) {
    return decodedBytes / PDF_BYTES_PER_TOKEN;
  }

  private static int version(Matcher matcher) {
    String minor = matcher.group(2);
    return Integer.parseInt(matcher.group(1)) * 100 + (minor == null ? 0 : Integer.parseInt(minor));
  }

  /** ⌈w/28⌉ × ⌈h/28⌉ of the picture scaled to the longest side, up to the cap. */
  private static long claude(long cap, int longest, ImageSize image) {
    int width = image.width();
    int height = image.height();
    double scale = Math.min(1, (double) longest / Math.max(width, height));
    return Math.min(cap, cells(width * scale, 28) * cells(height * scale, 28));
  }

  /** 258 for a small one, else 258 for each tile of 768 × 768. */
  private static long geminiTiles(ImageSize image) {
    int width = image.width();
    int height = image.height();
    return width <= 384 && height <= 384 ? 258 : 258 * cells(width, 768) * cells(height, 768);
  }

  /** Fit into 2,048 × 2,048, short side to 768, tiles of 512. */
  private static long tiles(long base, long tile, ImageSize image) {
    int width = image.width();
    int height = image.height();
    double scale = Math.min(1, 2_048.0 / Math.max(width, height));
    scale *= Math.min(1, 768 / (scale * Math.min(width, height)));
    return base + tile * cells(width * scale, 512) * cells(height * scale, 512);
  }

  /** Fit into 2,048 × 2,048 and 2,500 patches of 32 (detail "high"), times a multiplier. */
  private static long patches(long hundredths, ImageSize image) {
    int width = image.width();
    int height = image.height();
    double scale = Math.min(1, 2_048.0 / Math.max(width, height));
    double w = width * scale / 32;
    double h = height * scale / 32;
    if (Math.ceil(w) * Math.ceil(h) > 2_500) {
      double shrink = Math.sqrt(2_500 / (w * h));
      double wide = w * shrink;
      double high = h * shrink;
      shrink *= Math.min(Math.floor(wide) / wide, Math.floor(high) / high);
      w *= shrink;
      h *= shrink;
    }
    return (cells(w, 1) * cells(h, 1) * hundredths + 99) / 100;
  }

  /** Rounded up, but not for an error of arithmetic. */
  private static long cells(double length, int cell) {
    return Math.max(1, (long) Math.ceil(length / cell - 1e-9));
  }
}

package dev.sluice.billing.estimate;

/**
 * What the first bytes of a file say. Sources: PNG (ISO/IEC 15948, 11.2.2), GIF89a (18), WebP
 * container (RFC 9649, 2), JPEG (ITU-T T.81, B.2.2), PDF (ISO 32000-1, 7.5.2).
 */
final class MediaHead {

  private static final int SIDE_MAX = 1 << 16;

  /** Heads of other media: audio, video, archives, TIFF. At offset 0, but for {@code ftyp}. */
  private static final String[] OTHERS = {
    "RIFF", "OggS", "fLaC", "ID3", "PK\3\4", "II*\0", "MM\0*", "\u001aE\u00df\u00a3", "\u00ff\u00fb"
  };

  private MediaHead() {}

  static Base64Run.Kind kind(byte[] head) {
    if (starts(head, 0, "%PDF")) {
      return Base64Run.Kind.PDF;
    }
    boolean isKnown = isPng(head) || isGif(head) || isJpeg(head) || starts(head, 4, "ftyp");
    for (String other : OTHERS) {
      isKnown |= starts(head, 0, other);
    }
    return isKnown ? Base64Run.Kind.IMAGE : Base64Run.Kind.NONE;
  }

  /** Of all but JPEG. */
  static ImageSize size(byte[] head) {
    if (isPng(head)) {
      return size(big32(head, 16), big32(head, 20));
    }
    if (isGif(head)) {
      return size(little(head, 6, 2), little(head, 8, 2));
    }
    if (starts(head, 0, "RIFF") && starts(head, 8, "WEBP")) {
      if (starts(head, 12, "VP8 ")) {
        return size(little(head, 26, 2) & 0x3FFF, little(head, 28, 2) & 0x3FFF);
      }
      if (starts(head, 12, "VP8L")) {
        int bits = little(head, 21, 4);
        return size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1);
      }
      if (starts(head, 12, "VP8X")) {
        return size(little(head, 24, 3) + 1, little(head, 27, 3) + 1);
      }
    }
    return ImageSize.UNKNOWN;
  }

  static boolean isJpeg(byte[] head) {
    return starts(head, 0, "\u00ff\u00d8\u00ff");
  }

  private static boolean isPng(byte[] head) {
    return starts(head, 0, "\u0089PNG");
  }

  private static boolean isGif(byte[] head) {
    return starts(head, 0, "GIF8");
  }

  private static ImageSize size(int width, int height) {
    boolean isPlausible = width > 0 && height > 0 && width <= SIDE_MAX && height <= SIDE_MAX;
    return isPlausible ? new ImageSize(width, height) : ImageSize.UNKNOWN;
  }

  private static boolean starts(byte[] head, int at, String bytes) {
    for (int i = 0; i < bytes.length(); i++) {
      if ((head[at + i] & 0xFF) != bytes.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static int big32(byte[] head, int at) {
    return Integer.reverseBytes(little(head, at, 4));
  }

  private static int little(byte[] head, int at, int length) {
    int value = 0;
    for (int i = length - 1; i >= 0; i--) {
      value = value << 8 | (head[at + i] & 0xFF);
    }
    return value;
  }

  /** Walks a JPEG's segments to the one that says its size. */
  static final class Jpeg {

    private int marker;
    private int length;

    /** Bytes of the segment that have been read, its length included; -1 between segments. */
    private int position = -1;

    private int height;
    private int width;
    private boolean isDone;

    void next(int b) {
      if (isDone) {
        return;
      }
      if (position < 0) {
        between(b);
        return;
      }
      switch (position++) {
        case 0 -> length = b << 8;
        case 1 -> length |= b;
        case 3, 4 -> height = height << 8 | b;
        case 5, 6 -> width = width << 8 | b;
        default -> {}
      }
      if (position == 7 && isFrame(marker)) {
        isDone = true;
      } else if (position >= 2 && position >= length) {
        position = -1;
      }
    }

    private void between(int b) {
      if (b == 0xFF) {
        marker = 0xFF;
      } else if (marker == 0xFF && b != 0) {
        marker = b;
        boolean isAlone = (b >= 0xD0 && b <= 0xD8) || b == 0x01;
        isDone = b == 0xD9 || b == 0xDA; // the picture itself begins, or ends
        position = isAlone || isDone ? -1 : 0;
        height = 0;
        width = 0;
      }
    }

    boolean isDone() {
      return isDone;
    }

    ImageSize size() {
      return isFrame(marker) ? MediaHead.size(width, height) : ImageSize.UNKNOWN;
    }

    /** SOF0 to SOF15, without the three tables that lie among them. */
    private static boolean isFrame(int marker) {
      return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    }
  }
}

package dev.sluice.billing.estimate;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** First bytes of files with known sizes, and noise behind. */
final class Pictures {

  private Pictures() {}

  static byte[] png(int width, int height) {
    return file("\u0089PNG\r\n\u001a\n\0\0\0\rIHDR" + big(width, 4) + big(height, 4));
  }

  static byte[] gif(int width, int height) {
    return file("GIF89a" + little(width, 2) + little(height, 2));
  }

  static byte[] webpLossy(int width, int height) {
    return file("RIFF....WEBPVP8 ....\0\0\0\u009d\u0001*" + little(width, 2) + little(height, 2));
  }

  static byte[] webpLossless(int width, int height) {
    return file("RIFF....WEBPVP8L..../" + little((width - 1) | (height - 1) << 14, 4));
  }

  static byte[] webpExtended(int width, int height) {
    return file("RIFF....WEBPVP8X....\0\0\0\0" + little(width - 1, 3) + little(height - 1, 3));
  }

  /**
   * @param before bytes of a preview that stands before the size
   */
  static byte[] jpeg(int width, int height, int marker, int before) {
    String preview = latin(noise(before, 5));
    return file(
        "\u00ff\u00d8\u00ff\u00e1"
            + big(before + 2, 2)
            + preview
            + "\u00ff\u00db\0\u0004\u00ff\u00c0\u00ff"
            + (char) marker
            + "\0\u0011\u0008"
            + big(height, 2)
            + big(width, 2));
  }

  static byte[] file(String head) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(head.getBytes(StandardCharsets.ISO_8859_1));
    out.writeBytes(noise(2_000, 9));
    return out.toByteArray();
  }

  static byte[] noise(int length, long seed) {
    byte[] noise = new byte[length];
    new Random(seed).nextBytes(noise);
    return noise;
  }

  private static String latin(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static String big(int value, int length) {
    return new StringBuilder(little(value, length)).reverse().toString();
  }

  private static String little(int value, int length) {
    StringBuilder bytes = new StringBuilder();
    for (int i = 0; i < length; i++) {
      bytes.append((char) ((value >>> (8 * i)) & 0xFF));
    }
    return bytes.toString();
  }
}

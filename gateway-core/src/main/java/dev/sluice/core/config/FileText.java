package dev.sluice.core.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A file as text: UTF-8, of bounded size, without the mark that some editors put first. */
final class FileText {

  private FileText() {}

  /**
   * The text; null, and a problem added, where there is none.
   *
   * @param kind what the file should be, such as {@code YAML}
   */
  static @Nullable String read(Path path, int bytesMax, String kind, List<Problem> problems) {
    String file = path.toString();
    String fault;
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(bytesMax + 1);
      if (bytes.length <= bytesMax) {
        return decode(bytes, file, problems);
      }
      fault = "is larger than " + Kind.text(bytesMax) + ", allowed up to that";
    } catch (NoSuchFileException e) {
      fault = "does not exist";
    } catch (AccessDeniedException e) {
      fault = "may not be read by this user";
    } catch (IOException e) {
      fault =
          Files.isDirectory(path) ? "is a directory" : "cannot be read (" + e.getMessage() + ")";
    }
    problems.add(
        new Problem(file, 0, "", "The file " + fault + ". Name a readable " + kind + " file."));
    return null;
  }

  private static @Nullable String decode(byte[] bytes, String file, List<Problem> problems) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(in).toString();
      return text.startsWith("\ufeff") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      int line = 1;
      for (int i = 0; i < in.position(); i++) {
        line += bytes[i] == '\n' ? 1 : 0;
      }
      problems.add(
          new Problem(
              file,
              line,
              "",
              "The file is not UTF-8 from this line on, allowed UTF-8 text. Save it as UTF-8."));
      return null;
    }
  }
}

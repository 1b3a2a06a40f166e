package dev.sluice.billing.estimate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextShapeTest {

  @Test
  void theSizeOfAnImageIsReadFromItsFirstBytes() {
    assertThat(images(Pictures.png(1_920, 1_080))).containsExactly(new ImageSize(1_920, 1_080));
    assertThat(images(Pictures.gif(320, 200))).containsExactly(new ImageSize(320, 200));
    assertThat(images(Pictures.webpLossy(800, 600))).containsExactly(new ImageSize(800, 600));
    assertThat(images(Pictures.webpLossless(801, 602))).containsExactly(new ImageSize(801, 602));
    assertThat(images(Pictures.webpExtended(4_000, 3_000)))
        .containsExactly(new ImageSize(4_000, 3_000));
    assertThat(images(Pictures.jpeg(640, 480, 0xC0, 30))).containsExactly(new ImageSize(640, 480));
  }

  @Test
  void theSizeOfAJpegIsFoundBehindItsPreviewUpTo64KiB() {
    assertThat(images(Pictures.jpeg(3_024, 4_032, 0xC2, 40_000)))
        .containsExactly(new ImageSize(3_024, 4_032));
    assertThat(images(Pictures.jpeg(3_024, 4_032, 0xC2, 65_530)))
        .containsExactly(ImageSize.UNKNOWN);
  }

  @Test
  void bothAlphabetsAndEscapedSlashesAndLinesAreRead() {
    byte[] png = Pictures.png(77, 99);
    String plain = Base64.getEncoder().encodeToString(png);
    String php = plain.replace("/", "\\/");
    String mime = Base64.getMimeEncoder().encodeToString(png).replace("\r\n", "");
    assertThat(php).contains("\\/");
    String url = Base64.getUrlEncoder().encodeToString(png);
    String broken = mime.substring(0, 1_100) + "\\r\\n" + mime.substring(1_100);
    for (String data : List.of(plain, php, url, broken)) {
      Content content = content("{\"data\":\"" + data + "\",\"text\":\"What is this?\"}");
      assertThat(content.images())
          .as(data.substring(0, 200))
          .containsExactly(new ImageSize(77, 99));
      assertThat(content.imageCount()).isEqualTo(1);
      assertThat(content.baseTokens()).isBetween(1L, 25L);
    }
  }

  @Test
  void whatIsKnownToBeNoTextButHasNoSizeIsAnImageOfUnknownSize() {
    assertThat(images(Pictures.file("RIFF....WAVEfmt "))).containsExactly(ImageSize.UNKNOWN);
    assertThat(images(Pictures.file("ID3\4"))).containsExactly(ImageSize.UNKNOWN);
    assertThat(images(Pictures.file("\0\0\0\u0018ftypheic"))).containsExactly(ImageSize.UNKNOWN);
    assertThat(images(Pictures.png(0, 70_000))).containsExactly(ImageSize.UNKNOWN);
  }

  @Test
  void aDocumentCountsByItsLength() {
    byte[] pdf = new byte[120_000];
    System.arraycopy(Pictures.file("%PDF-1.7\n"), 0, pdf, 0, 1_000);
    Content content = content("{\"data\":\"" + Base64.getEncoder().encodeToString(pdf) + "\"}");
    assertThat(content.pdfBytes()).isEqualTo(120_000);
    assertThat(content.contentClass()).isEqualTo(ContentClass.PDF);
    assertThat(content.isText()).isFalse();
    assertThat(content.baseTokens()).isLessThan(10);
  }

  @Test
  void aLongRunOfNothingKnownIsText() {
    Content content = content("\"" + "x".repeat(3_000) + "\"");
    assertThat(content.isText()).isTrue();
    assertThat(content.baseTokens()).isBetween(1_990L, 2_010L);
  }

  @Test
  void aRunShorterThanThatIsText() {
    String png = Base64.getEncoder().encodeToString(Pictures.png(5, 5));
    Content content = content("\"" + png.substring(0, TextSums.RUN_MIN - 1) + "\"");
    assertThat(content.isText()).isTrue();
    assertThat(content.baseTokens()).isGreaterThan(300);
  }

  @Test
  void moreImagesThanAreListedAreCounted() {
    String png = Base64.getEncoder().encodeToString(Pictures.png(5, 6));
    Content content = content(("\"" + png + "\",").repeat(70));
    assertThat(content.images()).hasSize(64).containsOnly(new ImageSize(5, 6));
    assertThat(content.imageCount()).isEqualTo(70);
    assertThat(content.contentClass()).isEqualTo(ContentClass.IMAGE);
  }

  @Test
  void anImageThatTheBodyEndsInIsCounted() {
    String png = Base64.getEncoder().encodeToString(Pictures.png(5, 6));
    TextShape shape = shape("\"" + png);
    assertThat(shape.content().images()).containsExactly(new ImageSize(5, 6));
    shape.scan(new byte[] {'"'}, 0, 1);
    assertThat(shape.content().images()).containsExactly(new ImageSize(5, 6));
    assertThat(shape.content().imageCount()).isEqualTo(1);
  }

  @Test
  void anEscapedCharacterCountsLikeTheCharacter() {
    String text = new Texts(4).of(ContentClass.CJK, 3_000) + "naïve Ελληνικά русский \"😀\"";
    Content raw = content(Texts.chat(text, "", false));
    Content escaped = content(Texts.chat(text, "", true));
    assertThat(escaped.baseTokens()).isEqualTo(raw.baseTokens());
    assertThat(escaped.contentClass()).isEqualTo(raw.contentClass());
  }

  @Test
  void theClassIsWhatMostOfTheBodyIs() {
    Texts texts = new Texts(8);
    for (ContentClass kind : List.of(ContentClass.PROSE, ContentClass.CJK, ContentClass.CODE)) {
      for (int chars : List.of(500, 3_000, 20_000)) {
        String body = Texts.chat(texts.of(kind, chars), "", chars == 3_000);
        assertThat(content(body).contentClass()).as(body).isEqualTo(kind);
      }
    }
    String tools = Texts.chat(texts.of(ContentClass.PROSE, 200), texts.tools(8), false);
    assertThat(content(tools).contentClass()).isEqualTo(ContentClass.TOOLS_JSON);
    String png = Base64.getEncoder().encodeToString(Pictures.png(5, 6));
    String image = Texts.chat("What is this?", "[{\"image\":\"" + png + "\"}]", false);
    assertThat(content(image).contentClass()).isEqualTo(ContentClass.IMAGE);
  }

  @Test
  void textIsNeverNothing() {
    List<Long> tokens = new ArrayList<>();
    for (int pair = 0; pair < 128 * 128; pair++) {
      String two = "" + (char) (pair / 128) + (char) (pair % 128);
      tokens.add(content(two.repeat(400)).baseTokens());
    }
    assertThat(tokens).allMatch(t -> t >= 800 / 32);
    assertThat(content("").baseTokens()).isZero();
  }

  private static List<ImageSize> images(byte[] file) {
    Content content =
        content(
            "{\"url\":\"data:image/any;base64," + Base64.getEncoder().encodeToString(file) + "\"}");
    assertThat(content.baseTokens()).as("its text").isLessThan(20);
    return content.images();
  }

  static Content content(String body) {
    return shape(body).content();
  }

  private static TextShape shape(String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    TextShape shape = new TextShape();
    shape.scan(bytes, 0, bytes.length);
    return shape;
  }
}

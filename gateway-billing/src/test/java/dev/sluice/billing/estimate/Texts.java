package dev.sluice.billing.estimate;

import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Texts of every kind, made up: varied in words, lengths and layout. Seeded. */
final class Texts {

  private static final String[] WORDS =
      ("the of and to in a is that for it as was with be by on not he his but at are this have from"
           + " or had an they which one you were all her she there would their we him been has when"
           + " who will no more if out so said what up its about into than them can only other new"
           + " some could time these two may then do first any my now such like our over man me"
           + " even most made after also did many before must through back years where much your"
           + " way well down should because each just those people how too little state good very"
           + " make world still own see men work long get here between both life being under never"
           + " day same another know while last might us great old year off come since against go"
           + " came right used take three gateway provider streaming connection responsibility"
           + " configuration extraordinary understanding measurement temperature architecture"
           + " negotiation reliability accountability throughput kitchen mountain river autumn"
           + " letter window garden machine engineer customer invoice quarterly department"
           + " unfortunately nevertheless approximately Berlin Lisbon Monday October")
          .split(" ", -1);

  private static final String[] CJK_WORDS =
      ("我们 可以 使用 这个 方法 来 处理 数据 系统 服务 请求 响应 时间 问题 如果 因为 所以 但是 用户 网络 连接 模型 学习"
              + " 语言 文件 配置 测试 结果 需要 进行 开发 应用 程序 设计 功能 支持 提供 管理 内容 信息 中国 世界 工作 生活"
              + " これは テスト です ありません データ を 使用 して システム の 設定 します 必要 が あります ので から まで"
              + " 데이터 사용 시스템 설정 요청 응답 그리고 하지만 때문에 있습니다 합니다 연결 모델 언어")
          .split(" ", -1);

  private static final String[] TYPES = {"int", "long", "String", "boolean", "var", "List<String>"};

  static final List<ContentClass> KINDS =
      List.of(ContentClass.PROSE, ContentClass.CJK, ContentClass.CODE);

  private final Random random;

  Texts(long seed) {
    random = new Random(seed);
  }

  Random random() {
    return random;
  }

  /** Log-uniform. */
  int length(int min, int max) {
    return (int) (min * Math.pow((double) max / min, random.nextDouble()));
  }

  String of(ContentClass kind, int chars) {
    StringBuilder text = new StringBuilder();
    while (text.length() < chars) {
      switch (kind) {
        case PROSE -> paragraph(text);
        case CJK -> cjk(text);
        case CODE -> method(text);
        default -> throw new IllegalArgumentException(kind + " is no text");
      }
    }
    return text.toString();
  }

  private String word() {
    double skewed = random.nextDouble() * random.nextDouble();
    return WORDS[(int) (skewed * WORDS.length)];
  }

  private void paragraph(StringBuilder text) {
    int sentences = 1 + random.nextInt(6);
    for (int s = 0; s < sentences; s++) {
      int words = 4 + random.nextInt(18);
      for (int w = 0; w < words; w++) {
        String word = random.nextInt(40) == 0 ? Integer.toString(random.nextInt(20_000)) : word();
        text.append(w == 0 ? Character.toUpperCase(word.charAt(0)) + word.substring(1) : word);
        text.append(w == words - 1 ? ". " : random.nextInt(12) == 0 ? ", " : " ");
      }
    }
    text.append(random.nextInt(4) == 0 ? "\n\n- " : "\n\n");
  }

  private void cjk(StringBuilder text) {
    int words = 5 + random.nextInt(20);
    for (int w = 0; w < words; w++) {
      text.append(CJK_WORDS[random.nextInt(CJK_WORDS.length)]);
      if (random.nextInt(9) == 0) {
        text.append('，');
      }
    }
    text.append(random.nextInt(5) == 0 ? "。\n" : "。");
  }

  private String name() {
    String word = word();
    String next = word();
    return word.toLowerCase(Locale.ROOT)
        + Character.toUpperCase(next.charAt(0))
        + next.substring(1);
  }

  private void method(StringBuilder text) {
    String type = TYPES[random.nextInt(TYPES.length)];
    text.append("  private ").append(type).append(' ').append(name()).append("(int ");
    text.append(word()).append(") {\n");
    int lines = 2 + random.nextInt(8);
    for (int i = 0; i < lines; i++) {
      switch (random.nextInt(4)) {
        case 0 ->
            text.append("    if (").append(name()).append(" >= ").append(i).append(") {\n      ");
        case 1 -> text.append("    // ").append(word()).append(' ').append(word()).append("\n    ");
        case 2 -> text.append("    return this.").append(name()).append(" + ");
        default -> text.append("    ");
      }
      text.append(name()).append(" = ").append(name()).append('(').append(word()).append(", ");
      text.append(random.nextInt(1_000)).append(");\n");
    }
    text.append("  }\n\n");
  }

  /** Tool definitions, as compact JSON. */
  String tools(int count) {
    StringBuilder json = new StringBuilder("[");
    for (int t = 0; t < count; t++) {
      json.append(t == 0 ? "" : ",").append("{\"type\":\"function\",\"function\":{\"name\":\"");
      json.append(name()).append("\",\"description\":\"");
      describe(json, 10);
      json.append("\",\"parameters\":{\"type\":\"object\",\"properties\":{");
      int properties = 1 + random.nextInt(6);
      for (int p = 0; p < properties; p++) {
        json.append(p == 0 ? "" : ",").append('"').append(name()).append("\":{\"type\":\"string\"");
        json.append(",\"description\":\"");
        describe(json, 8);
        json.append("\"}");
      }
      json.append("}}}}");
    }
    return json.append(']').toString();
  }

  private void describe(StringBuilder json, int words) {
    for (int w = 2 + random.nextInt(words); w > 0; w--) {
      json.append(word()).append(w == 1 ? "" : " ");
    }
  }

  /** A request with one message and perhaps tools. */
  static String chat(String content, String tools, boolean isAscii) {
    return "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\""
        + escaped(content, isAscii)
        + "\"}]"
        + (tools.isEmpty() ? "" : ",\"tools\":" + tools)
        + ",\"stream\":true}";
  }

  static String escaped(String text, boolean isAscii) {
    StringBuilder json = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\n' -> json.append("\\n");
        case '\t' -> json.append("\\t");
        case '"', '\\' -> json.append('\\').append(c);
        default -> {
          if (isAscii && c >= 0x80) {
            json.append(String.format("\\u%04x", (int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    return json.toString();
  }
}

package dev.sluice.admin.reconcile;

import java.util.Locale;

/** Which model a line of a cost report is for. */
final class LineItem {

  private LineItem() {}

  /**
   * Of OpenAI: {@code gpt-5-nano, input_tokens} is of the model before the comma; anything else,
   * such as {@code Image models}, is of none, and stands for itself.
   */
  static String model(String item) {
    int comma = item.indexOf(", ");
    return comma > 0 ? item.substring(0, comma).toLowerCase(Locale.ROOT) : item;
  }

  /**
   * Of Anthropic's console, which writes names for people: {@code Claude Haiku 4.5} is {@code
   * claude-haiku-4-5}.
   */
  static String modelOfName(String name) {
    return name.startsWith("Claude ")
        ? name.toLowerCase(Locale.ROOT).replace(' ', '-').replace('.', '-')
        : name;
  }
}

package dev.sluice.core.config;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Puts the environment into values: {@code ${NAME}}, and {@code ${NAME:-default}} where it may be
 * unset or empty; two dollar signs before a brace stand for one, as it is. It works on values that
 * are already parsed, so nothing in the environment can add a key or a line, and what was put in is
 * not looked at again.
 */
final class Environment {

  private final UnaryOperator<@Nullable String> variables;

  /**
   * @param variables null for a variable that is not set
   */
  Environment(UnaryOperator<@Nullable String> variables) {
    this.variables = variables;
  }

  /** A value with everything put in, or what stands in the way. */
  sealed interface Outcome {}

  record Whole(String text) implements Outcome {
    /** Without the text, which may be a secret. */
    @Override
    public String toString() {
      return "Whole";
    }
  }

  /** Ends "KEY …", and says what to do. */
  record Fault(String message) implements Outcome {}

  Outcome fill(String text) {
    StringBuilder whole = new StringBuilder();
    int from = 0;
    while (true) {
      int start = text.indexOf("${", from);
      if (start < 0) {
        return new Whole(whole.append(text, from, text.length()).toString());
      }
      if (start > from && text.charAt(start - 1) == '$') {
        whole.append(text, from, start - 1).append("${");
        from = start + 2;
        continue;
      }
      whole.append(text, from, start);
      int end = text.indexOf('}', start);
      if (end < 0) {
        return new Fault("has a ${ without its }. Close it, or write $${ for a plain ${.");
      }
      String inside = text.substring(start + 2, end);
      int colon = inside.indexOf(":-");
      String name = colon < 0 ? inside : inside.substring(0, colon);
      if (!isName(name)) {
        return new Fault(
            "names the environment variable "
                + Shown.value(name)
                + ", allowed letters, digits and underscores. Write ${NAME} or ${NAME:-default}.");
      }
      String value = variables.apply(name);
      if (colon >= 0) {
        whole.append(value == null || value.isEmpty() ? inside.substring(colon + 2) : value);
      } else if (value != null) {
        whole.append(value);
      } else {
        return new Fault(
            "names the environment variable "
                + Shown.name(name)
                + ", which is not set. Set it, or give a default: ${"
                + Shown.name(name)
                + ":-default}, or ${"
                + Shown.name(name)
                + ":-} for an empty one.");
      }
      from = end + 1;
    }
  }

  private static boolean isName(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      if (!letter && (i == 0 || c < '0' || c > '9')) {
        return false;
      }
    }
    return !text.isEmpty();
  }
}

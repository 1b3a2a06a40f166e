package dev.sluice.admin.usage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** A table for a terminal, each column as wide as its widest cell. */
public final class TextTable {

  /** What a client named is cut here, and cannot end the line. */
  private static final int CELL_MAX = 60;

  private record Cell(String text, boolean isRight) {}

  private final List<List<Cell>> lines = new ArrayList<>();
  private List<Cell> line = new ArrayList<>();

  public TextTable left(String text) {
    line.add(new Cell(shown(text), false));
    return this;
  }

  public TextTable right(String text) {
    line.add(new Cell(shown(text), true));
    return this;
  }

  public TextTable number(long value) {
    return right(String.format(Locale.ROOT, "%,d", value));
  }

  public void end() {
    lines.add(line);
    line = new ArrayList<>();
  }

  private static String shown(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .limit(CELL_MAX)
        .forEach(c -> shown.appendCodePoint(Character.isISOControl(c) ? '?' : c));
    return shown.toString();
  }

  /** Line by line, each with its end. */
  public void print(Consumer<String> to) {
    List<Integer> widths = new ArrayList<>();
    for (List<Cell> cells : lines) {
      for (int i = 0; i < cells.size(); i++) {
        int width = cells.get(i).text().length();
        if (i == widths.size()) {
          widths.add(width);
        } else if (width > widths.get(i)) {
          widths.set(i, width);
        }
      }
    }
    for (List<Cell> cells : lines) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < cells.size(); i++) {
        String gap = " ".repeat(widths.get(i) - cells.get(i).text().length());
        text.append(i == 0 ? "" : "  ")
            .append(cells.get(i).isRight() ? gap + cells.get(i).text() : cells.get(i).text() + gap);
      }
      to.accept(text.toString().stripTrailing() + "\n");
    }
  }
}

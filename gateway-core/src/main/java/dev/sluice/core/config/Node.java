package dev.sluice.core.config;

import java.util.List;
import java.util.Map;

/** A part of the file as it was written: text, not yet types. {@code line} counts from 1. */
sealed interface Node {

  int line();

  /** What the user would call it. */
  String what();

  /** A value; empty where nothing was written. */
  record Text(int line, String text) implements Node {
    @Override
    public String what() {
      return text.isEmpty() ? "nothing" : "a single value";
    }

    /** Without the text, which may be a secret. */
    @Override
    public String toString() {
      return "Text[line " + line + "]";
    }
  }

  /** A list. */
  record Items(int line, List<Node> items) implements Node {
    @Override
    public String what() {
      return "a list";
    }
  }

  /** Something whose problem is already reported. */
  record Unusable(int line) implements Node {
    @Override
    public String what() {
      return "nothing that can be used";
    }
  }

  /** A group of keys, in order. */
  record Group(int line, Map<String, Entry> entries) implements Node {
    @Override
    public String what() {
      return "a group of keys";
    }
  }

  /**
   * One key and its value.
   *
   * @param line of the key
   */
  record Entry(int line, Node value) {}
}

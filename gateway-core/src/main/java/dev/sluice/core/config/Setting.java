package dev.sluice.core.config;

import java.util.List;

/** One setting of the catalogue. */
sealed interface Setting<T> {

  /** Its full name, in which each {@code <name>} stands for a name that the file chooses. */
  String path();

  Kind<T> kind();

  /** The default as the reference table shows it. */
  String fallbackText();

  /** What it does. */
  String sentence();

  /** Its full name in a file that chose these names, the outermost first. */
  default String key(String... names) {
    String key = path();
    for (String name : names) {
      int at = key.indexOf(Keys.NAME);
      if (at >= 0) {
        key = key.substring(0, at) + name + key.substring(at + Keys.NAME.length());
      }
    }
    return key;
  }

  /** The last part of its name. */
  default String leaf() {
    return path().substring(path().lastIndexOf('.') + 1);
  }

  /**
   * One that takes one value.
   *
   * @param fallback the value where none is given; where one must be given, what is read on with
   *     until all problems are found. A text whose fallback is empty may be left empty
   * @param isRequired whether it must be given
   */
  record Single<T>(
      String path,
      Kind<T> kind,
      T fallback,
      String fallbackText,
      boolean isRequired,
      String sentence)
      implements Setting<T> {}

  /**
   * One that takes a list of values.
   *
   * @param fallback the values where nothing is given; an empty list in the file is an empty list
   */
  record Several<T>(
      String path, Kind<T> kind, List<T> fallback, String fallbackText, String sentence)
      implements Setting<T> {}

  /**
   * One that takes one value or a list of them, and must be given.
   *
   * @param item what each of them is
   * @param kind the same, as the reference table and a message about the whole show it
   * @param meanwhile what is read on with where none is given, until all problems are found
   */
  record OneOrMore<T>(String path, Kind<T> item, Kind<T> kind, T meanwhile, String sentence)
      implements Setting<T> {

    @Override
    public String fallbackText() {
      return "required";
    }

    Single<T> one() {
      return new Single<>(path, kind, meanwhile, fallbackText(), true, sentence);
    }

    Several<T> several() {
      return new Several<>(path, item, List.of(), fallbackText(), sentence);
    }
  }
}

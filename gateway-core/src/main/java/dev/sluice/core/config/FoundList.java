package dev.sluice.core.config;

import java.util.List;

/**
 * What the file says about one setting that takes a list.
 *
 * @param key its full name in this file
 * @param found the good ones, none where none is given
 * @param isGood whether that is all of them; if not, the problems are already reported
 */
record FoundList<T>(String key, List<Found<T>> found, boolean isGood) {

  List<T> values() {
    return found.stream().map(Found::value).toList();
  }
}

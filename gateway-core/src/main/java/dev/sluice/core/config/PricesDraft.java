package dev.sluice.core.config;

import dev.sluice.billing.price.PriceTable;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Which files say what tokens cost. */
record PricesDraft(Found<String> file, FoundList<String> overrides) {

  static PricesDraft read(Reading file) {
    return new PricesDraft(file.get(Keys.PRICES_FILE), file.all(Keys.PRICES_OVERRIDES));
  }

  /** All files, laid over each other; a problem for each that is not valid. */
  PriceTable load(Reading reading) {
    PriceTable table =
        file.isGood() && !file.value().isEmpty()
            ? with(PriceTable.EMPTY, file, reading)
            : PriceFile.shipped();
    for (Found<String> override : overrides.found()) {
      table = with(table, override, reading);
    }
    return table;
  }

  /** Of a valid draft: where these files are. */
  List<Path> paths(Reading reading) {
    List<Path> paths = new ArrayList<>();
    if (!file.value().isEmpty()) {
      paths.add(reading.resolve(file.value()));
    }
    overrides.values().forEach(override -> paths.add(reading.resolve(override)));
    return paths;
  }

  private static PriceTable with(PriceTable table, Found<String> setting, Reading reading) {
    Path path;
    try {
      path = reading.resolve(setting.value());
    } catch (InvalidPathException e) {
      reading.problem(
          setting.line(),
          setting.key(),
          setting.key()
              + " is not a path: found "
              + setting.shown()
              + ", allowed the path of a readable file.");
      return table;
    }
    return switch (PriceFile.read(path)) {
      case PriceFile.Loaded loaded -> table.with(loaded.prices());
      case PriceFile.Invalid invalid -> {
        reading.problem(setting.line(), setting.key(), setting.key() + told(setting, invalid));
        yield table;
      }
    };
  }

  private static String told(Found<String> setting, PriceFile.Invalid invalid) {
    String name = setting.value().isEmpty() ? "\"\"" : Shown.name(setting.value());
    Problem first = invalid.problems().getFirst();
    if (first.line() == 0) {
      return " names the file " + name + ", which is of no use. " + first.message();
    }
    int count = invalid.problems().size();
    return " names the file "
        + name
        + ", which has "
        + (count == 1 ? "a problem" : count + " problems, the first")
        + " in line "
        + first.line()
        + ": "
        + first.message()
        + (count == 1 ? "" : " For all of them: bin/gateway prices check " + name);
  }
}

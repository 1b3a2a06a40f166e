package dev.sluice.billing.ledger;

import dev.sluice.billing.ledger.LedgerSettings.Durability;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Ledgers in a directory, and what they say. */
final class Ledgers {

  final List<String> said = new CopyOnWriteArrayList<>();
  private final Path directory;

  Ledgers(Path directory) {
    this.directory = directory;
  }

  LedgerSettings settings() {
    return settings(Durability.RELAXED, 64, 1_000);
  }

  LedgerSettings settings(Durability durability, int inFlight, int queueRows) {
    return new LedgerSettings(directory, durability, inFlight, Duration.ofDays(36_000), queueRows);
  }

  Ledger open() {
    return open(settings());
  }

  Ledger open(LedgerSettings settings) {
    return Ledger.open(settings, InstantSource.system(), System::nanoTime, this::hear);
  }

  void hear(Level level, String message) {
    said.add(level + " " + message);
  }

  List<String> saidAt(Level level) {
    return said.stream().filter(line -> line.startsWith(level + " ")).toList();
  }

  /** All calls there are, newest first, over as many pages as it takes. */
  static List<LedgerRow> all(LedgerQueries queries) {
    List<LedgerRow> all = new ArrayList<>();
    CallQuery query = CallQuery.newest(LedgerQueries.CALLS_MAX);
    while (true) {
      CallPage page = queries.calls(query);
      all.addAll(page.calls());
      if (page.next() == null) {
        return all;
      }
      query = query.after(page.next());
    }
  }
}

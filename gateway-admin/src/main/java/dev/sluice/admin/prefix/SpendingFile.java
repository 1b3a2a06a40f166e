package dev.sluice.admin.prefix;

import dev.sluice.core.warm.SpendingBook;
import dev.sluice.core.warm.WarmSpending;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;
import tools.jackson.core.JacksonException;

/**
 * What refreshes have spent today, as a file: {@value #FILE}, one JSON object with names of
 * prefixes and amounts. Written anew as a whole each time, so a crash leaves the old or the new.
 *
 * <p>A file that cannot be read is told, moved aside, and counts for nothing: it is better to keep
 * prefixes warm and perhaps spend one day's budget twice than to do nothing until somebody looks.
 * Where it cannot be <em>written</em>, a crash loop would spend it any number of times, so then
 * {@link #keep} says no, and nothing is sent.
 *
 * <p>Confined to one thread; blocks.
 */
public final class SpendingFile implements SpendingBook {

  static final String FILE = "prefixes-spending.json";

  private static final int FORM = 1;

  /** Tens of thousands of names. */
  private static final long FILE_MAX_BYTES = 4L << 20;

  /** The file. */
  private record Day(
      int form, String day, long spentNanoUsd, long heldNanoUsd, Map<String, Amounts> prefixes) {}

  /** Of one prefix. */
  private record Amounts(long spentNanoUsd, long heldNanoUsd) {}

  private final Path directory;
  private final Path file;
  private final InstantSource clock;
  private final BiConsumer<Level, String> log;
  private boolean isLost;

  /**
   * Reads and writes nothing yet.
   *
   * @param directory made where it is missing when there is something to be written
   * @param clock says what day it is
   * @param log told whole sentences
   */
  public SpendingFile(Path directory, InstantSource clock, BiConsumer<Level, String> log) {
    this.directory = directory;
    this.file = directory.resolve(FILE);
    this.clock = clock;
    this.log = log;
  }

  @Override
  public @Nullable Page read() {
    try {
      if (Files.size(file) > FILE_MAX_BYTES) {
        throw new IllegalArgumentException("it is longer than any that was written here");
      }
      Page page = page(PrefixFile.JSON.readValue(Files.readAllBytes(file), Day.class));
      LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
      if (page.all().day().isAfter(today)) {
        log.accept(
            Level.WARN,
            file
                + " is of "
                + page.all().day()
                + ", and by this clock today is "
                + today
                + ". What it says counts until that day is over, so that no day's budget is spent"
                + " twice. Put the clock right; if it is, take the file away and start again.");
      }
      return page;
    } catch (NoSuchFileException none) {
      return null;
    } catch (JacksonException foreign) {
      unreadable("it is no such file");
    } catch (DateTimeException quoting) {
      unreadable("it has a day that is none");
    } catch (IOException | IllegalArgumentException why) {
      unreadable(String.valueOf(why.getMessage()));
    }
    return null;
  }

  private void unreadable(String why) {
    Path aside = file.resolveSibling(FILE + ".unreadable");
    String kept;
    try {
      Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
      kept = "It is kept as " + aside.getFileName() + ".";
    } catch (IOException inTheWay) {
      kept = "Take it away.";
    }
    log.accept(
        Level.WARN,
        file
            + " cannot be read: "
            + why
            + ". So what refreshes of prompt cache entries have spent today is not known, and they"
            + " may spend up to prompt-cache.keep-warm.budget once more. "
            + kept);
  }

  private static Page page(Day read) {
    if (read.form != FORM) {
      throw new IllegalArgumentException("its form is " + read.form + ", known is " + FORM);
    }
    if (read.day == null || read.prefixes == null || read.prefixes.containsValue(null)) {
      throw new IllegalArgumentException("a member is missing");
    }
    LocalDate day = LocalDate.parse(read.day);
    Map<String, WarmSpending> byName = new HashMap<>();
    read.prefixes.forEach(
        (name, own) -> byName.put(name, spending(day, own.spentNanoUsd, own.heldNanoUsd)));
    return new Page(spending(day, read.spentNanoUsd, read.heldNanoUsd), byName);
  }

  private static WarmSpending spending(LocalDate day, long spent, long held) {
    if (spent < 0 || held < 0 || spent > Long.MAX_VALUE / 2 || held > Long.MAX_VALUE / 2) {
      throw new IllegalArgumentException("in it are " + spent + " and " + held + " nano-dollars");
    }
    return new WarmSpending(day, spent, held);
  }

  @Override
  public boolean keep(Page page) {
    Map<String, Amounts> prefixes = new TreeMap<>();
    page.byName().forEach((name, own) -> prefixes.put(name, new Amounts(own.spent(), own.held())));
    WarmSpending all = page.all();
    Day day = new Day(FORM, all.day().toString(), all.spent(), all.held(), prefixes);
    try {
      WholeFile.makeDirectory(directory);
      WholeFile.put(file, PrefixFile.JSON.writeValueAsBytes(day));
    } catch (IOException full) {
      if (!isLost) {
        log.accept(
            Level.ERROR,
            file
                + " cannot be written ("
                + full
                + "). Until it can, no prompt cache entry is refreshed, because what that costs"
                + " could not be counted after a restart; it is tried again each second. Make room"
                + " there, or make it writable for the user that runs the gateway.");
      }
      isLost = true;
      return false;
    }
    if (isLost) {
      log.accept(Level.INFO, file + " can be written again; prompt cache entries are refreshed.");
    }
    isLost = false;
    return true;
  }
}

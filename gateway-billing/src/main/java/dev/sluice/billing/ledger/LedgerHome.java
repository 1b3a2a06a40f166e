package dev.sluice.billing.ledger;

import dev.sluice.billing.ledger.LedgerTrouble.Kind;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The ledger's directory: its lock, its slots, its store. Opens them one after the other, each as
 * soon as it can be, and goes on from there at the next attempt; says what it finds. Nothing that
 * cannot be read is deleted: it is moved aside.
 *
 * <p>Confined to whoever opens the ledger, and then to its writer; only {@link #inFlight} is for
 * all.
 */
final class LedgerHome {

  static final String IN_FLIGHT = "in-flight.bin";

  /** Rows of an earlier run in one transaction. */
  private static final int BATCH = 4_096;

  private static final DateTimeFormatter NAME_TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

  /** Opens the store; throws where it cannot. */
  interface Opener {
    LedgerStore open(Path file) throws LedgerTrouble;
  }

  private final LedgerSettings settings;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final BiConsumer<Level, String> log;
  private final LedgerLosses losses;
  private final Path directory;
  private final Opener opener;

  private @Nullable DirectoryLock lock;
  private @Nullable LedgerStore store;
  private @Nullable Recovery leftovers;
  private boolean wasLogRead;
  private boolean isLogTorn;
  private boolean wasSlotTroubleTold;
  private long lastId;

  /** Null where it could not be opened yet. */
  private volatile @Nullable InFlightFile inFlight;

  // Counted by the writer, read by all.
  private final AtomicLong recoveredRows = new AtomicLong();
  private final AtomicLong recoveredIntents = new AtomicLong();
  private final AtomicLong tornSlots = new AtomicLong();

  LedgerHome(
      LedgerSettings settings,
      InstantSource clock,
      LongSupplier nanoTime,
      BiConsumer<Level, String> log,
      LedgerLosses losses,
      Opener opener) {
    this.settings = settings;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.log = log;
    this.losses = losses;
    this.directory = settings.directory();
    this.opener = opener;
  }

  @Nullable InFlightFile inFlight() {
    return inFlight;
  }

  long recoveredRows() {
    return recoveredRows.get();
  }

  long recoveredIntents() {
    return recoveredIntents.get();
  }

  long tornSlots() {
    return tornSlots.get();
  }

  /** The store, open and with all that an earlier run left. */
  LedgerStore store() throws LedgerTrouble {
    LedgerStore open = store;
    if (open != null && open.isThere()) {
      openSlots();
      recover(open);
      return open;
    }
    if (open != null) {
      open.close();
      store = null;
      log.accept(
          Level.ERROR,
          file()
              + " is not the file any more that was opened; rows in the old one are gone with"
              + " it. Leave the ledger's directory alone while the gateway runs.");
    }
    makeDirectory();
    lockDirectory();
    openSlots();
    LedgerStore opened = openStore();
    store = opened;
    recover(opened);
    return opened;
  }

  /** A number for each row that has none. Never one that was given before, whatever is reopened. */
  void number(List<PendingRow> rows) {
    for (PendingRow row : rows) {
      if (row.id == 0) {
        row.id = ++lastId;
      }
    }
  }

  /** The store said no: does what makes a next attempt different from this one. */
  void failed(Kind kind) {
    LedgerStore open = store;
    if (open == null || kind == Kind.WAIT || kind == Kind.ROW) {
      return;
    }
    open.close();
    store = null;
    if (kind == Kind.CORRUPT) {
      try {
        moveStoreAside("is damaged");
      } catch (LedgerTrouble e) {
        // The next attempt fails at the same file, and says so.
      }
    }
  }

  /** Brings the number of slots to what the settings say; only before anybody uses one. */
  void resize() {
    InFlightFile file = inFlight;
    if (file == null || file.slots() == settings.inFlight() || file.taken() > 0) {
      return;
    }
    try {
      Files.deleteIfExists(directory.resolve(IN_FLIGHT));
      inFlight = InFlightFile.open(directory.resolve(IN_FLIGHT), settings.inFlight());
    } catch (IOException e) {
      inFlight = null;
      slotTrouble(e);
    }
  }

  void close() {
    LedgerStore open = store;
    if (open != null) {
      open.close();
      store = null;
    }
    DirectoryLock held = lock;
    if (held != null) {
      held.release();
      lock = null;
    }
  }

  private void makeDirectory() throws LedgerTrouble {
    try {
      Files.createDirectories(directory, forItsOwner(directory));
    } catch (IOException e) {
      throw new LedgerTrouble(
          Kind.REOPEN, directory + " is not there and cannot be made: " + reason(e), e);
    }
  }

  /** Nobody else needs to see who asks what of whom. */
  private static FileAttribute<?>[] forItsOwner(Path directory) {
    return directory.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
        }
        : new FileAttribute<?>[0];
  }

  private void lockDirectory() throws LedgerTrouble {
    if (lock == null) {
      lock = DirectoryLock.take(directory);
    }
  }

  /** Without slots calls go on as well, only less safely: so this never throws. */
  private void openSlots() {
    InFlightFile file = inFlight;
    if (file != null && file.isThere()) {
      return;
    }
    Path path = directory.resolve(IN_FLIGHT);
    if (file != null) {
      log.accept(
          Level.ERROR,
          path
              + " is not the file any more that was opened; calls that are open in the old one"
              + " would not survive a crash. Leave the ledger's directory alone while the gateway"
              + " runs.");
    }
    try {
      file = InFlightFile.open(path, settings.inFlight());
    } catch (InFlightFile.Unreadable e) {
      file = slotsAnew(path, e);
    } catch (IOException e) {
      slotTrouble(e);
    }
    if (file != null && file != inFlight) {
      Recovery found = Recovery.of(file, file.occupied(), nanoTime.getAsLong());
      leftovers = found.isNeeded() ? found : null;
      wasSlotTroubleTold = false;
      inFlight = file;
    }
  }

  private @Nullable InFlightFile slotsAnew(Path path, InFlightFile.Unreadable why) {
    Path aside = aside(path, "corrupt");
    try {
      Files.move(path, aside);
      log.accept(
          Level.ERROR,
          why.getMessage()
              + ". It is kept as "
              + aside.getFileName()
              + "; calls that were open in it are not in the ledger. A new one is begun.");
      return InFlightFile.open(path, settings.inFlight());
    } catch (IOException e) {
      slotTrouble(e);
      return null;
    }
  }

  private void slotTrouble(IOException e) {
    if (!wasSlotTroubleTold) {
      wasSlotTroubleTold = true;
      log.accept(
          Level.ERROR,
          directory.resolve(IN_FLIGHT)
              + " cannot be opened: "
              + reason(e)
              + ". Calls go on, but those that are open would not survive a crash. Give the"
              + " directory "
              + (((long) settings.inFlight() * InFlightFile.SLOT_BYTES) >> 20)
              + " MiB, and let the gateway write there.");
    }
  }

  private LedgerStore openStore() throws LedgerTrouble {
    if (!wasLogRead) {
      wasLogRead = true;
      isLogTorn = readLog();
    }
    LedgerStore opened;
    try {
      opened = openAsItIs();
    } catch (LedgerTrouble e) {
      if (e.kind != Kind.CORRUPT) {
        throw e;
      }
      moveStoreAside("is no database, or is damaged (" + e.getMessage() + ")");
      opened = openAsItIs();
    }
    // What is behind a tear may be in the file already, and what is before it not.
    if (isLogTorn && !opened.isSound()) {
      opened.close();
      moveStoreAside("does not hold together without what its torn log held");
      opened = openAsItIs();
    }
    isLogTorn = false;
    return opened;
  }

  private LedgerStore openAsItIs() throws LedgerTrouble {
    LedgerStore opened = opener.open(file());
    try {
      lastId = Math.max(lastId, opened.lastId());
    } catch (LedgerTrouble e) {
      opened.close();
      throw e;
    }
    return opened;
  }

  /**
   * Tells what the log has that SQLite will pass over, and keeps a copy of it.
   *
   * @return whether there is such
   */
  private boolean readLog() {
    Path path = directory.resolve(SqliteLedgerStore.FILE + "-wal");
    try {
      WalTail tail = WalTail.of(path);
      if (!tail.isTorn()) {
        return false;
      }
      Path aside = aside(path, "torn");
      Files.copy(path, aside, StandardCopyOption.REPLACE_EXISTING);
      log.accept(
          tail.isOnlyTheLast() ? Level.WARNING : Level.ERROR,
          path
              + " is torn: of its commits "
              + tail.commitsRead()
              + " can be read, "
              + tail.commitsUnread()
              + " cannot"
              + (tail.isOnlyTheLast() ? ", the last, which may just have been written" : "")
              + ". It is kept as "
              + aside.getFileName()
              + "; calls that still have a slot are written again.");
      return true;
    } catch (IOException e) {
      log.accept(Level.WARNING, path + " cannot be checked: " + reason(e));
      return false;
    }
  }

  private void moveStoreAside(String why) throws LedgerTrouble {
    Path aside = aside(file(), "corrupt");
    try {
      Files.move(file(), aside);
      for (String part : List.of("-wal", "-shm")) {
        Path beside = directory.resolve(SqliteLedgerStore.FILE + part);
        if (Files.exists(beside)) {
          Files.move(beside, directory.resolve(aside.getFileName() + part));
        }
      }
    } catch (IOException e) {
      throw new LedgerTrouble(
          Kind.REOPEN, file() + " " + why + ", and cannot be moved aside: " + reason(e), e);
    }
    log.accept(
        Level.ERROR,
        file()
            + " "
            + why
            + ". It is kept as "
            + aside.getFileName()
            + ", and a new one is begun: usage before now is not in it. Repair the old one with"
            + " \"sqlite3 ... .recover\".");
  }

  private void recover(LedgerStore into) throws LedgerTrouble {
    Recovery left = leftovers;
    InFlightFile file = inFlight;
    if (left == null || file == null) {
      return;
    }
    number(left.rows());
    int written = 0;
    for (int from = 0; from < left.rows().size(); from += BATCH) {
      int until = Math.min(left.rows().size(), from + BATCH);
      written += into.writeAllBut(left.rows().subList(from, until), losses::giveUp);
    }
    left.rows().forEach(PendingRow::freeSlot);
    left.torn().forEach(file::free);
    leftovers = null;
    recoveredRows.addAndGet(left.settled());
    recoveredIntents.addAndGet(left.intents());
    tornSlots.addAndGet(left.torn().size());
    log.accept(
        left.torn().isEmpty() ? Level.WARNING : Level.ERROR,
        "An earlier run ended without closing its ledger. Of its calls "
            + left.settled()
            + " had ended, "
            + left.intents()
            + " were open and are closed as estimates, "
            + left.torn().size()
            + " cannot be read. "
            + written
            + " rows were not there yet.");
  }

  private Path file() {
    return directory.resolve(SqliteLedgerStore.FILE);
  }

  private Path aside(Path path, String why) {
    return path.resolveSibling(
        path.getFileName() + "." + why + "-" + NAME_TIME.format(clock.instant()));
  }

  private static String reason(IOException e) {
    return e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + e.getMessage());
  }
}

package dev.sluice.billing.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.billing.ledger.LedgerSettings.Durability;
import dev.sluice.billing.ledger.UsageGroup.Field;
import dev.sluice.billing.ledger.UsageGroup.Tag;
import dev.sluice.billing.team.TeamId;
import dev.sluice.billing.usage.Cost;
import dev.sluice.billing.usage.Usage;
import dev.sluice.billing.usage.UsageSource;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random rows, asked for in random ways, against lists that are looked through. */
class LedgerQueriesPropertyTest {

  private static final List<UsageGroup> GROUPS =
      List.of(
          Field.TEAM,
          Field.KEY,
          Field.PROVIDER,
          Field.MODEL,
          Field.ROUTE,
          Field.DAY,
          Field.HOUR,
          new Tag("run"),
          new Tag("prompt"));

  @TempDir Path directory;
  private final long seed = Long.getLong("seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);
  private final RandomCalls generated = new RandomCalls(random, Duration.ofHours(60).toMillis());
  private final List<PendingRow> rows = new ArrayList<>();
  private SqliteLedgerStore store;
  private LedgerQueries queries;

  @BeforeEach
  void write() throws LedgerTrouble {
    store = SqliteLedgerStore.open(directory.resolve(SqliteLedgerStore.FILE), Durability.RELAXED);
    queries = LedgerQueries.in(directory);
    for (int i = 0; i < 600; i++) {
      add();
    }
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void add() throws LedgerTrouble {
    Intent intent = generated.intent();
    List<PendingRow> fresh = new ArrayList<>();
    fresh.add(PendingRow.call(generated.settled(intent), intent.expectedOutput(), 0));
    for (int reads = random.nextInt(3); reads > 0; reads--) {
      fresh.add(PendingRow.read(generated.read(intent), 0));
    }
    for (PendingRow row : fresh) {
      rows.add(row);
      row.id = rows.size();
    }
    store.write(fresh);
  }

  @Test
  void usageIsWhatAddingUpTheRowsGives() {
    for (int i = 0; i < 300; i++) {
      UsageQuery query = usageQuery();
      UsageTable table = queries.usage(query);
      assertThat(table.isWhole()).isTrue();
      assertThat(table.rows()).as("seed %s, %s", seed, query).isEqualTo(naive(query));
    }
  }

  @Test
  void spendingIsWhatAddingUpTheRowsGives() {
    for (int i = 0; i < 50; i++) {
      TeamId team = new TeamId("team-" + random.nextInt(4));
      String key = random.nextBoolean() ? null : "key_" + random.nextInt(5);
      Instant from = moment(true);
      Instant until = from.plus(random.nextInt(60), ChronoUnit.HOURS);
      List<PendingRow> mine =
          rows.stream()
              .filter(row -> !row.isRead && isWithin(row, from, until))
              .filter(row -> team.equals(row.call.team()))
              .filter(row -> key == null || key.equals(row.call.keyId()))
              .toList();
      assertThat(queries.spent(new SpentQuery(team, key, from, until)))
          .as("seed %s", seed)
          .isEqualTo(
              new Spent(
                  mine.stream()
                      .mapToLong(row -> row.call.usage().input() + row.call.usage().output())
                      .sum(),
                  mine.stream().mapToLong(row -> row.call.cost().nanoUsd()).sum(),
                  mine.stream()
                      .filter(row -> row.call.cost().state() == Cost.State.UNKNOWN)
                      .count()));
    }
    assertThatThrownBy(
            () ->
                queries.spent(
                    new SpentQuery(new TeamId("t"), null, Instant.EPOCH, Instant.ofEpochSecond(1))))
        .hasMessageContaining("whole hours");
  }

  @Test
  void hoursAreAllThereIsOnceAndInOrder() {
    Instant from = Instant.ofEpochMilli(RandomCalls.START).truncatedTo(ChronoUnit.HOURS);
    Instant until = from.plus(40, ChronoUnit.HOURS);
    List<UsageHour> hours = new ArrayList<>();
    queries.hours(from, until, hours::add);
    Map<String, List<PendingRow>> expected = new TreeMap<>();
    for (PendingRow row : rows) {
      if (isWithin(row, from, until)) {
        CallRecord call = row.call;
        String key =
            String.join(
                "|",
                value(row, Field.HOUR),
                value(row, Field.TEAM),
                value(row, Field.KEY),
                value(row, Field.PROVIDER),
                value(row, Field.MODEL),
                call.cost().priceVersion(),
                call.cost().state().name());
        expected.computeIfAbsent(key, unknown -> new ArrayList<>()).add(row);
      }
    }
    Map<String, UsageSums> found = new LinkedHashMap<>();
    for (UsageHour hour : hours) {
      found.put(
          String.join(
              "|",
              hour.hour().toString(),
              hour.team(),
              hour.keyId(),
              hour.provider(),
              hour.model(),
              hour.priceVersion(),
              hour.costState().name()),
          hour.sums());
    }
    assertThat(hours).as("seed %s", seed).hasSizeGreaterThan(300).hasSameSizeAs(expected.keySet());
    assertThat(found.keySet()).as("seed %s", seed).hasSameElementsAs(expected.keySet());
    found.forEach(
        (key, sums) -> assertThat(sums).isEqualTo(sums(Objects.requireNonNull(expected.get(key)))));
    assertThat(hours)
        .isSortedAccordingTo(
            Comparator.comparing(UsageHour::hour)
                .thenComparing(UsageHour::team)
                .thenComparing(UsageHour::keyId)
                .thenComparing(UsageHour::provider));
  }

  @Test
  void pagesOfHoursLeaveNoneOut() throws LedgerTrouble {
    for (int i = 0; i < 2_500; i++) {
      add();
    }
    Instant from = Instant.parse("2026-11-01T00:00:00Z");
    Instant until = Instant.parse("2026-12-01T00:00:00Z");
    Set<UsageHour> hours = new HashSet<>();
    List<UsageHour> inOrder = new ArrayList<>();
    queries.hours(from, until, inOrder::add);
    hours.addAll(inOrder);
    assertThat(inOrder).as("several pages").hasSizeGreaterThan(2_000).hasSameSizeAs(hours);
    assertThat(inOrder.stream().mapToLong(hour -> hour.sums().calls()).sum())
        .isEqualTo(rows.stream().filter(row -> !row.isRead).count());
    assertThat(inOrder.stream().mapToLong(hour -> hour.sums().costNanoUsd()).sum())
        .isEqualTo(sums(rows).costNanoUsd());
  }

  @Test
  void daysOfAModelAreWhatAddingUpTheRowsGives() {
    Instant from = Instant.parse("2026-11-21T00:00:00Z");
    Instant until = Instant.parse("2026-11-23T00:00:00Z");
    Map<ModelDay, Boolean> expected = new LinkedHashMap<>();
    UsageQuery query =
        new UsageQuery(
            from, until, List.of(Field.DAY, Field.MODEL), Map.of(Field.PROVIDER, "openai"));
    for (UsageTable.Row row : naive(query)) {
      expected.put(
          new ModelDay(
              LocalDate.parse(row.values().getFirst()), row.values().getLast(), row.sums()),
          true);
    }
    assertThat(queries.dailyByModel(from, until, "openai"))
        .as("seed %s", seed)
        .hasSizeGreaterThan(4)
        .containsExactlyElementsOf(expected.keySet());
  }

  @Test
  void callsAreThoseThatFitNewestFirstOverAnyNumberOfPages() {
    for (int i = 0; i < 200; i++) {
      CallQuery query = callQuery();
      List<LedgerRow> found = new ArrayList<>();
      String after = null;
      do {
        CallPage page = queries.calls(query.after(after));
        assertThat(page.calls()).hasSizeLessThanOrEqualTo(query.limit());
        found.addAll(page.calls());
        after = page.next();
      } while (after != null);
      assertThat(found).as("seed %s, %s", seed, query).isEqualTo(naive(query));
    }
  }

  @Test
  void rowsThatComeMeanwhileMoveNoPage() throws LedgerTrouble {
    List<LedgerRow> before = naive(CallQuery.newest(7));
    List<String> found = new ArrayList<>();
    String after = null;
    do {
      CallPage page = queries.calls(CallQuery.newest(7).after(after));
      page.calls().forEach(row -> found.add(row.call().callId()));
      after = page.next();
      add();
      add();
    } while (after != null);
    assertThat(found).as("seed %s", seed).doesNotHaveDuplicates();
    assertThat(found)
        .as("seed %s", seed)
        .containsAll(before.stream().map(row -> row.call().callId()).toList());
  }

  @Test
  void aPlaceThatIsNoneIsRefused() {
    for (String after : List.of("", ".", "x", "1.", ".1", "1.1.1", "'; DROP TABLE calls")) {
      assertThatThrownBy(() -> queries.calls(CallQuery.newest(1).after(after)))
          .as(after)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("not where a page ended");
    }
  }

  @Test
  void moreGroupsThanAreAnsweredAreCutAndThatIsSaid() throws LedgerTrouble {
    List<PendingRow> many = new ArrayList<>();
    for (int i = 0; i < LedgerQueries.GROUPS_MAX + 5; i++) {
      Intent base = generated.intent();
      Intent intent =
          new Intent(
              base.callId(),
              new TeamId("t" + i),
              null,
              base.route(),
              base.dialect(),
              base.operation(),
              base.provider(),
              null,
              true,
              Map.of(),
              RandomCalls.START,
              1,
              1,
              1,
              null,
              Cost.NONE);
      PendingRow row = PendingRow.call(generated.settled(intent), 1, 0);
      row.id = 1_000_000L + i;
      many.add(row);
    }
    store.write(many);
    UsageTable table =
        queries.usage(
            new UsageQuery(
                Instant.EPOCH,
                Instant.parse("2030-01-01T00:00:00Z"),
                List.of(Field.TEAM),
                Map.of()));
    assertThat(table.isWhole()).isFalse();
    assertThat(table.rows()).hasSize(LedgerQueries.GROUPS_MAX);
  }

  @Test
  void whatIsNotThereOrCannotBeReadSaysSo(@TempDir Path empty) {
    assertThatThrownBy(() -> LedgerQueries.in(empty).call("x"))
        .isInstanceOf(LedgerUnreadable.class)
        .hasMessageContaining("is not there");
    assertThat(empty).as("nothing was made by asking").isEmptyDirectory();
  }

  private UsageQuery usageQuery() {
    Instant from = moment(random.nextBoolean());
    Instant until = from.plusNanos(random.nextLong(Duration.ofHours(50).toNanos()));
    if (random.nextInt(3) == 0) {
      from = Instant.ofEpochMilli(anyRow().call.startedEpochMillis());
      until = Instant.ofEpochMilli(anyRow().call.startedEpochMillis());
    }
    if (random.nextBoolean()) {
      until = until.truncatedTo(ChronoUnit.HOURS);
    }
    List<UsageGroup> groups = new ArrayList<>();
    Map<UsageGroup, String> filters = new LinkedHashMap<>();
    for (int n = random.nextInt(4); n > 0; n--) {
      UsageGroup group = GROUPS.get(random.nextInt(GROUPS.size()));
      if (!groups.contains(group)) {
        groups.add(group);
      }
    }
    for (int n = random.nextInt(3); n > 0; n--) {
      UsageGroup filter = GROUPS.get(random.nextInt(GROUPS.size()));
      if (filter != Field.DAY && filter != Field.HOUR) {
        filters.put(filter, value(anyRow(), filter));
      }
    }
    return new UsageQuery(from, until, groups, filters);
  }

  private CallQuery callQuery() {
    CallRecord call = anyRow().call;
    Map.Entry<String, String> tag =
        call.tags().isEmpty() ? null : call.tags().entrySet().iterator().next();
    return new CallQuery(
        random.nextInt(3) == 0 ? Objects.requireNonNull(call.team()).name() : null,
        random.nextInt(3) == 0 ? call.keyId() : null,
        random.nextInt(3) == 0 ? call.provider() : null,
        random.nextInt(3) == 0 ? SqliteLedgerRow.model(call) : null,
        random.nextInt(3) == 0 ? call.outcome() : null,
        tag == null || random.nextBoolean()
            ? null
            : new CallQuery.Tag(tag.getKey(), tag.getValue()),
        random.nextInt(3) == 0 ? moment(false) : null,
        random.nextInt(3) == 0 ? moment(false).plus(9, ChronoUnit.HOURS) : null,
        null,
        1 + random.nextInt(40));
  }

  private PendingRow anyRow() {
    return rows.get(random.nextInt(rows.size()));
  }

  private Instant moment(boolean isWholeHour) {
    Instant moment =
        Instant.ofEpochMilli(RandomCalls.START)
            .plusNanos(random.nextLong(Duration.ofHours(60).toNanos()));
    return isWholeHour ? moment.truncatedTo(ChronoUnit.HOURS) : moment;
  }

  private List<UsageTable.Row> naive(UsageQuery query) {
    Predicate<PendingRow> fits =
        row ->
            isWithin(row, query.from(), query.until())
                && query.filters().entrySet().stream()
                    .allMatch(filter -> value(row, filter.getKey()).equals(filter.getValue()));
    Map<List<String>, List<PendingRow>> groups = new LinkedHashMap<>();
    if (query.groups().isEmpty()) {
      groups.put(List.of(), new ArrayList<>());
    }
    for (PendingRow row : rows) {
      if (fits.test(row)) {
        List<String> key = query.groups().stream().map(group -> value(row, group)).toList();
        groups.computeIfAbsent(key, unknown -> new ArrayList<>()).add(row);
      }
    }
    return groups.entrySet().stream()
        .sorted(Map.Entry.comparingByKey(LedgerQueriesPropertyTest::compare))
        .map(group -> new UsageTable.Row(group.getKey(), sums(group.getValue())))
        .toList();
  }

  private static int compare(List<String> one, List<String> other) {
    for (int i = 0; i < one.size(); i++) {
      int order = one.get(i).compareTo(other.get(i));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  private static boolean isWithin(PendingRow row, Instant from, Instant until) {
    Instant started = Instant.ofEpochMilli(row.call.startedEpochMillis());
    return !started.isBefore(from) && started.isBefore(until);
  }

  private static String value(PendingRow row, UsageGroup group) {
    CallRecord call = row.call;
    Instant started = Instant.ofEpochMilli(call.startedEpochMillis());
    String value =
        switch (group) {
          case Field.TEAM -> Objects.requireNonNull(call.team()).name();
          case Field.KEY -> call.keyId();
          case Field.PROVIDER -> call.provider();
          case Field.MODEL -> call.modelServed() != null ? call.modelServed() : call.modelAsked();
          case Field.ROUTE -> call.route();
          case Field.DAY -> LocalDate.ofInstant(started, ZoneOffset.UTC).toString();
          case Field.HOUR -> started.truncatedTo(ChronoUnit.HOURS).toString();
          case Tag tag -> call.tags().get(tag.name());
        };
    return value == null ? "" : value;
  }

  private static CostSums plus(CostSums sums, Cost cost) {
    return new CostSums(
        sums.input() + cost.input(),
        sums.cacheRead() + cost.cacheRead(),
        sums.cacheWrite() + cost.cacheWrite(),
        sums.output() + cost.output(),
        sums.readSaved() + cost.readSaved(),
        sums.writeExtra() + cost.writeExtra());
  }

  private static UsageSums sums(List<PendingRow> rows) {
    UsageSums sums = UsageSums.NOTHING;
    for (PendingRow row : rows) {
      CallRecord c = row.call;
      Usage u = c.usage();
      Usage s = sums.usage();
      boolean isUnknown = !row.isRead && c.cost().state() == Cost.State.UNKNOWN;
      sums =
          new UsageSums(
              sums.calls() + (row.isRead ? 0 : 1),
              new Usage(
                  s.uncachedInput() + u.uncachedInput(),
                  s.cacheRead() + u.cacheRead(),
                  s.cacheWrite5m() + u.cacheWrite5m(),
                  s.cacheWrite30m() + u.cacheWrite30m(),
                  s.cacheWrite1h() + u.cacheWrite1h(),
                  s.cacheWrite12h() + u.cacheWrite12h(),
                  s.output() + u.output(),
                  s.reasoning() + u.reasoning()),
              plus(sums.cost(), c.cost()),
              sums.callsOfUnknownCost() + (isUnknown ? 1 : 0),
              sums.tokensOfUnknownCost() + (isUnknown ? u.input() + u.output() : 0),
              sums.callsOfApproximateCost()
                  + (!row.isRead && c.cost().state() == Cost.State.APPROXIMATE ? 1 : 0),
              sums.callsOfEstimate()
                  + (!row.isRead
                          && (c.usageSource() == UsageSource.ESTIMATE
                              || c.usageSource() == UsageSource.PARTIAL)
                      ? 1
                      : 0),
              sums.reads() + (row.isRead ? 1 : 0),
              sums.avoidedTokens() + c.avoided().input() + c.avoided().output(),
              sums.avoidedNanoUsd() + c.avoidedCost().nanoUsd());
    }
    return sums;
  }

  private List<LedgerRow> naive(CallQuery query) {
    CallQuery.Tag tag = query.tag();
    return rows.stream()
        .filter(row -> !row.isRead)
        .filter(row -> query.team() == null || query.team().equals(value(row, Field.TEAM)))
        .filter(row -> query.keyId() == null || query.keyId().equals(row.call.keyId()))
        .filter(row -> query.provider() == null || query.provider().equals(row.call.provider()))
        .filter(row -> query.model() == null || query.model().equals(value(row, Field.MODEL)))
        .filter(row -> query.outcome() == null || query.outcome() == row.call.outcome())
        .filter(row -> tag == null || tag.value().equals(row.call.tags().get(tag.name())))
        .filter(
            row ->
                isWithin(
                    row,
                    Objects.requireNonNullElse(query.from(), Instant.MIN),
                    Objects.requireNonNullElse(query.until(), Instant.MAX)))
        .sorted(
            Comparator.<PendingRow>comparingLong(row -> row.call.startedEpochMillis())
                .thenComparingLong(row -> row.id)
                .reversed())
        .map(
            row ->
                new LedgerRow(
                    row.call,
                    row.expectedOutput,
                    rows.stream()
                        .filter(r -> r.isRead && r.call.callId().equals(row.call.callId()))
                        .count()))
        .toList();
  }
}

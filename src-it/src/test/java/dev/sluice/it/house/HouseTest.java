package dev.sluice.it.house;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who may know whom. Read from the compiled classes, so nothing that compiles can hide. */
class HouseTest {

  private static final String SSE = "dev.sluice.sse..";
  private static final String BILLING = "dev.sluice.billing..";
  private static final String CORE = "dev.sluice.core..";
  private static final String ADMIN = "dev.sluice.admin..";
  private static final String IT = "dev.sluice.it..";

  private static final String TOKENIZER = ".*\\.PublicTokenizer(\\$.*)?";

  private static JavaClasses house;

  @BeforeAll
  static void read() {
    house =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.sluice");
  }

  /** A rule about a room that has moved or is gone says nothing; so an empty one fails. */
  private static void holds(ArchRule rule) {
    rule.allowEmptyShould(false).check(house);
  }

  @Test
  void eventStreamsKnowNettysBuffersAndLoopsOnly() {
    holds(
        classes()
            .that()
            .resideInAPackage(SSE)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                SSE,
                "java..",
                "javax.crypto..", // a stream is opened by a signed token
                "org.jspecify..",
                "io.netty.buffer..",
                "io.netty.util.."));
  }

  @Test
  void billingKnowsTheJdkOnly() {
    holds(
        classes()
            .that()
            .resideInAPackage(BILLING)
            .and(notNamedForAStore())
            .and()
            .haveNameNotMatching(TOKENIZER)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(BILLING, "java..", "javax.crypto..", "org.jspecify.."));
  }

  @Test
  void oneFileKnowsThePublicTokenizers() {
    holds(
        classes()
            .that()
            .haveNameMatching(TOKENIZER)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(BILLING, "java..", "org.jspecify..", "com.knuddels.jtokkit.."));
  }

  @Test
  void coreDoesNotKnowWhoRunsIt() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(CORE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(ADMIN, IT, "picocli.."));
  }

  @Test
  void nobodyKnowsTheTests() {
    holds(
        noClasses()
            .that()
            .resideOutsideOfPackage(IT)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(IT));
  }

  @Test
  void noTwoPackagesKnowEachOther() {
    holds(slices().matching("dev.sluice.(**)").should().beFreeOfCycles());
  }

  @Test
  void dialectsKnowNoOtherRoomOfCore() {
    noOneKnows(
        "dialect",
        "server",
        "flow",
        "identity",
        "account",
        "prefix",
        "quota",
        "upstream",
        "telemetry");
  }

  @Test
  void identityPrefixQuotaAndUpstreamKnowDialectsAtMost() {
    noOneKnows("identity", "server", "flow", "account", "prefix", "quota", "upstream", "telemetry");
    noOneKnows("prefix", "server", "flow", "identity", "account", "quota", "upstream", "telemetry");
    noOneKnows("quota", "server", "flow", "identity", "account", "prefix", "upstream", "telemetry");
    noOneKnows("upstream", "server", "flow", "identity", "account", "prefix", "quota", "telemetry");
  }

  @Test
  void theChoiceOfAccountsKnowsIdentityAtMost() {
    noOneKnows("account", "server", "flow", "prefix", "quota", "upstream", "telemetry", "dialect");
  }

  @Test
  void keepingWarmKnowsNoOtherRoomOfCore() {
    noOneKnows(
        "warm",
        "server",
        "flow",
        "identity",
        "prefix",
        "quota",
        "upstream",
        "telemetry",
        "dialect");
  }

  @Test
  void theFlowDoesNotKnowTheServer() {
    noOneKnows("flow", "server", "telemetry");
  }

  @Test
  void theServerReachesOtherRoomsThroughTheFlow() {
    noOneKnows("server", "identity", "account", "prefix", "quota", "upstream", "telemetry");
  }

  @Test
  void noRoomKnowsWhereItsSettingsComeFrom() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(CORE)
            .and()
            .resideOutsideOfPackage("dev.sluice.core.config..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.sluice.core.config.."));
  }

  @Test
  void telemetryKnowsCallRecordsAndWhatItIsHanded() {
    noOneKnows(
        "telemetry",
        "server",
        "flow",
        "identity",
        "account",
        "prefix",
        "quota",
        "upstream",
        "config");
  }

  @Test
  void onlyTheAssemblyAndItsAdapterKnowTheRoomsOfCore() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(ADMIN)
            .and()
            .haveNameNotMatching("dev\\.sluice\\.admin\\.(Assembly|DeskCalls)(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "dev.sluice.core.server..",
                "dev.sluice.core.flow..",
                "dev.sluice.core.identity..",
                "dev.sluice.core.account..",
                "dev.sluice.core.quota..",
                "dev.sluice.core.prefix..",
                "dev.sluice.core.upstream.."));
  }

  @Test
  void theScriptedProviderSharesNoCodeWithTheGateway() {
    // A mistake in a shared parser would be invisible: both sides would make it.
    holds(
        noClasses()
            .that()
            .resideInAPackage("dev.sluice.admin.demo..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(CORE, SSE, BILLING));
  }

  @Test
  void aStoresDriverIsImportedOnlyByFilesNamedForIt() {
    ArchRule rule =
        noClasses()
            .that(notNamedForAStore())
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "io.lettuce..",
                "redis..",
                "java.sql..",
                "org.postgresql..",
                "org.sqlite..",
                "org.h2..");
    holds(rule);
  }

  private static com.tngtech.archunit.base.DescribedPredicate<
          com.tngtech.archunit.core.domain.JavaClass>
      notNamedForAStore() {
    return com.tngtech.archunit.base.DescribedPredicate.describe(
        "not named for a store",
        type -> {
          String name = type.getName().substring(type.getName().lastIndexOf('.') + 1);
          return !name.startsWith("Redis")
              && !name.startsWith("Postgres")
              && !name.startsWith("Sqlite");
        });
  }

  private static void noOneKnows(String who, String... whom) {
    String[] packages = new String[whom.length];
    for (int i = 0; i < whom.length; i++) {
      packages[i] = "dev.sluice.core." + whom[i] + "..";
    }
    holds(
        noClasses()
            .that()
            .resideInAPackage("dev.sluice.core." + who + "..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(packages));
  }
}

package dev.sluice.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.billing.budget.BudgetRule;
import dev.sluice.core.config.Kind.Bad;
import dev.sluice.core.config.Kind.Good;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KindTest {

  private static final Kind<Duration> DURATION = Kind.duration("0s", "168h");
  private static final Kind<Long> SIZE = Kind.size("0", "1024GiB");

  @ParameterizedTest
  @CsvSource({"250ms,250", "15s,15000", "10m,600000", "1h,3600000", "0s,0", "007s,7000"})
  void aDurationIsANumberAndAUnit(String text, long millis) {
    assertThat(DURATION.read(text)).isEqualTo(new Good<>(Duration.ofMillis(millis)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "s",
        "15",
        "15 s",
        "1.5s",
        "-1s",
        "15S",
        "1d",
        "1h30m",
        "15sec",
        "٣s",
        "169h",
        "99999999999999999999999h"
      })
  void anythingElseIsNoDuration(String text) {
    assertThat(DURATION.read(text)).isInstanceOf(Bad.class);
  }

  @ParameterizedTest
  @CsvSource({"0,0", "512,512", "512B,512", "8KiB,8192", "32MiB,33554432", "1GiB,1073741824"})
  void aSizeIsANumberAndABinaryUnitOrNone(String text, long bytes) {
    assertThat(SIZE.read(text)).isEqualTo(new Good<>(bytes));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "KiB", "8kb", "8K", "8 KiB", "8kib", "-1", "1.5MiB", "9999999GiB"})
  void anythingElseIsNoSize(String text) {
    assertThat(SIZE.read(text)).isInstanceOf(Bad.class);
  }

  @ParameterizedTest
  @CsvSource({
    "$500,NANO_USD,500000000000",
    "$0.01,NANO_USD,10000000",
    "$1.000000001,NANO_USD,1000000001",
    "$1000000000,NANO_USD,1000000000000000000",
    "1,TOKENS,1",
    "20M,TOKENS,20000000",
    "750k,TOKENS,750000",
    "1000000M,TOKENS,1000000000000"
  })
  void anAllowanceIsDollarsOrTokens(String text, BudgetRule.Unit unit, long amount) {
    assertThat(Kind.allowance().read(text)).isEqualTo(new Good<>(new Allowance(unit, amount)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "$",
        "$0",
        "$0.001",
        "$-5",
        "$1e3",
        "$1.",
        "$.5",
        "$1,000",
        "500$",
        "$ 5",
        "$1000000001",
        "$0.0100000001",
        "0",
        "-1",
        "5.5",
        "20m",
        "20 M",
        "1000001M",
        "$99999999999999999999999999"
      })
  void anythingElseIsNoAllowance(String text) {
    assertThat(Kind.allowance().read(text)).isInstanceOf(Bad.class);
  }

  @Test
  void bothEndsOfARangeBelongToIt() {
    Kind<Integer> kind = Kind.integer(1, 5);
    assertThat(List.of(kind.read("1"), kind.read("5")))
        .isEqualTo(List.of(new Good<>(1), new Good<>(5)));
    assertThat(List.of(kind.read("0"), kind.read("6")))
        .allSatisfy(outcome -> assertThat(outcome).isInstanceOf(Bad.class));
  }

  @ParameterizedTest
  @CsvSource({
    "https://api.openai.com,https://api.openai.com",
    "https://api.groq.com/openai/,https://api.groq.com/openai",
    "http://127.0.0.1:8000/,http://127.0.0.1:8000",
    "http://[::1]:8000,http://[::1]:8000",
    "HTTPS://Example.com,HTTPS://Example.com"
  })
  void aBaseUrlLosesItsLastSlash(String text, String url) {
    assertThat(Kind.baseUrl().read(text)).isEqualTo(new Good<>(URI.create(url)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "0.0.0.0", "::1", "::", "localhost", "10.1.2.3"})
  void anAddressIsALiteralOrLocalhost(String text) {
    assertThat(Kind.address().read(text)).isEqualTo(new Good<>(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "127.1", "256.1.1.1", "example.com", "[::1]", "1.2.3.4:80"})
  void anythingElseIsNoAddress(String text) {
    assertThat(Kind.address().read(text)).isInstanceOf(Bad.class);
  }

  @ParameterizedTest
  @CsvSource({
    "*,*",
    "https://app.example.com,https://app.example.com",
    "HTTPS://App.Example.com,https://app.example.com",
    "https://app.example.com:443,https://app.example.com",
    "http://app.example.com:80,http://app.example.com",
    "http://app.example.com:443,http://app.example.com:443",
    "http://localhost:5173,http://localhost:5173",
    "http://[::1]:3000,http://[::1]:3000",
    "capacitor://localhost,capacitor://localhost"
  })
  void anOriginIsKeptAsABrowserSendsIt(String text, String origin) {
    assertThat(Origins.kind().read(text)).isEqualTo(new Good<>(origin));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "app.example.com",
        "//app.example.com",
        "https://",
        "https://*.example.com",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://app.example.com?q",
        "https://app.example.com#f",
        "https://u@app.example.com",
        "https://app.example.com:70000",
        "https://exämple.com",
        "**"
      })
  void anythingElseIsNoOrigin(String text) {
    assertThat(Origins.kind().read(text)).isInstanceOf(Bad.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Idempotency-Key", "x-request-id", "X-Client-Request-Id", "traceparent"})
  void anIdMayStandInAFieldThatSaysNothingElse(String text) {
    assertThat(IdHeaders.kind().read(text)).isEqualTo(new Good<>(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "X Request",
        "X-Request-Id:",
        ":authority",
        "X-Réquest",
        "Authorization",
        "content-length",
        "HOST",
        "x-stainless-retry-count",
        "Sluice-Resume-From",
        "Last-Event-ID",
        "X-Api-Key",
        "Transfer-Encoding",
        "User-Agent"
      })
  void aFieldWithAnotherMeaningHoldsNoId(String text) {
    assertThat(IdHeaders.kind().read(text)).isInstanceOf(Bad.class);
  }

  @ParameterizedTest
  @CsvSource({
    "keepalive,keep-alive",
    "keepAlive,keep-alive",
    "keep_alive,keep-alive",
    "kepe-alive,keep-alive",
    "prot,port",
    "adress,address"
  })
  void aHintFindsTheNearestName(String found, String meant) {
    assertThat(Hints.didYouMean(found, List.of("address", "port", "keep-alive")))
        .isEqualTo("Did you mean \"" + meant + "\"?");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "colour", "transport", "limits"})
  void aHintIsNotGuessedWild(String found) {
    assertThat(Hints.didYouMean(found, List.of("address", "port", "keep-alive"))).isEmpty();
  }
}

package dev.sluice.core.config;

import dev.sluice.billing.budget.BudgetRule.Unit;
import dev.sluice.billing.team.ApiKeyHash;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a setting takes: its type, what is allowed, and how text becomes a value.
 *
 * @param type one word for the reference table
 * @param allowed what is allowed, as the end of "allowed …"
 * @param isSecret whether the text must never be shown; such a value may also be a {@code file:}
 *     reference
 */
record Kind<T>(String type, String allowed, boolean isSecret, Function<String, Outcome<T>> reader) {

  /** What became of a text. */
  sealed interface Outcome<T> {}

  /** It is a value. */
  record Good<T>(T value) implements Outcome<T> {}

  /**
   * It is none.
   *
   * @param what the predicate after the key: "is out of range"
   * @param hint what to do, a whole sentence, or empty
   */
  record Bad<T>(String what, String hint) implements Outcome<T> {}

  Outcome<T> read(String text) {
    return reader.apply(text);
  }

  // ---- numbers

  static Kind<Integer> integer(int min, int max) {
    return new Kind<>("int", min + " to " + max, false, text -> number(text, min, max));
  }

  static Kind<Integer> percent(int min, int max) {
    return new Kind<>(
        "percent",
        min + " to " + max,
        false,
        text ->
            text.endsWith("%")
                ? new Bad<>(
                    "is not a whole number",
                    "Write " + text.substring(0, text.length() - 1).strip() + " without the sign.")
                : number(text, min, max));
  }

  private static Outcome<Integer> number(String text, int min, int max) {
    BigInteger number = wholeNumber(text);
    if (number == null) {
      return new Bad<>("is not a whole number", "");
    }
    if (number.compareTo(BigInteger.valueOf(min)) < 0
        || number.compareTo(BigInteger.valueOf(max)) > 0) {
      return new Bad<>("is out of range", "");
    }
    return new Good<>(number.intValueExact());
  }

  private static @Nullable BigInteger wholeNumber(String text) {
    int start = text.startsWith("-") ? 1 : 0;
    if (text.length() == start || text.length() > 100) {
      return null;
    }
    for (int i = start; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return null;
      }
    }
    return new BigInteger(text);
  }

  // ---- quantities: a whole number and a unit

  private static final Map<String, Long> NANOS_OF =
      Map.of("ms", 1_000_000L, "s", 1_000_000_000L, "m", 60_000_000_000L, "h", 3_600_000_000_000L);

  private static final Map<String, Long> BYTES_OF =
      Map.of("", 1L, "B", 1L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30);

  static Kind<Duration> duration(String min, String max) {
    long minNanos = nanos(min);
    long maxNanos = nanos(max);
    return new Kind<>(
        "duration",
        min + " to " + max,
        false,
        text ->
            switch (quantity(text, NANOS_OF, minNanos, maxNanos)) {
              case Good<Long>(Long nanos) -> new Good<>(Duration.ofNanos(nanos));
              case Bad<Long>(String what, String hint) when what.isEmpty() ->
                  new Bad<>("is not a duration", durationHint(text));
              case Bad<Long>(String what, String hint) -> new Bad<>(what, hint);
            });
  }

  private static final Map<String, Long> TOKENS_OF = Map.of("", 1L, "k", 1_000L, "M", 1_000_000L);

  /** Whole tokens, or requests: what a limit counts. */
  static Kind<Long> amount(String min, String max) {
    return new Kind<>(
        "amount",
        min + " to " + max,
        false,
        text ->
            switch (quantity(text, TOKENS_OF, amountOf(min), amountOf(max))) {
              case Good<Long> good -> good;
              case Bad<Long>(String what, String hint) when what.isEmpty() ->
                  new Bad<>(
                      "is not an amount",
                      "Write a whole number, or one with k or M, such as 620k.");
              case Bad<Long> bad -> bad;
            });
  }

  private static long amountOf(String text) {
    return constant(text, TOKENS_OF);
  }

  private static final long NANOS_PER_CENT = 10_000_000;

  /** Dollars, as nano-dollars; none is allowed. */
  static Kind<Long> dollars() {
    return new Kind<>(
        "dollars",
        "$0 to $" + Unit.NANO_USD.max() / 1_000_000_000,
        false,
        text ->
            switch (text.matches("\\$0+(\\.0{1,9})?")
                ? new Good<>(0L)
                : dollars(text.startsWith("$") ? text.substring(1) : "")) {
              case Good<Long> good -> good;
              case Bad<Long>(String what, String hint) when what.isEmpty() ->
                  new Bad<>("is no sum of dollars", "Write $5 or $0.50.");
              case Bad<Long> bad -> bad;
            });
  }

  /** Dollars or tokens: what may be spent. */
  static Kind<Allowance> allowance() {
    String allowed =
        "$0.01 to $" + Unit.NANO_USD.max() / 1_000_000_000 + ", or 1 to 1000000M tokens";
    return new Kind<>(
        "dollars or tokens",
        allowed,
        false,
        text ->
            switch (text.startsWith("$")
                ? dollars(text.substring(1))
                : quantity(text, TOKENS_OF, 1, Unit.TOKENS.max())) {
              case Good<Long>(Long amount) ->
                  new Good<>(
                      new Allowance(text.startsWith("$") ? Unit.NANO_USD : Unit.TOKENS, amount));
              case Bad<Long>(String what, String hint) when what.isEmpty() ->
                  new Bad<>(
                      "is neither dollars nor tokens", "Write $500 for dollars, 20M for tokens.");
              case Bad<Long>(String what, String hint) -> new Bad<>(what, hint);
            });
  }

  /** In nano-dollars; a {@link Bad} without words where it is no sum at all. */
  private static Outcome<Long> dollars(String text) {
    BigDecimal dollars = Fields.decimal(text);
    if (dollars == null || !text.matches("[0-9]+(\\.[0-9]{1,9})?")) {
      return new Bad<>("", "");
    }
    BigDecimal nanos = dollars.movePointRight(9);
    return nanos.compareTo(BigDecimal.valueOf(NANOS_PER_CENT)) < 0
            || nanos.compareTo(BigDecimal.valueOf(Unit.NANO_USD.max())) > 0
        ? new Bad<>("is out of range", "")
        : new Good<>(nanos.longValueExact());
  }

  private static String durationHint(String text) {
    return wholeNumber(text) != null
        ? "A unit is missing: write " + text + "s if seconds are meant."
        : "Write a whole number and ms, s, m or h, such as 15s.";
  }

  /** Whole bytes. */
  static Kind<Long> size(String min, String max) {
    long minBytes = bytes(min);
    long maxBytes = bytes(max);
    return new Kind<>(
        "size",
        min + " to " + max,
        false,
        text ->
            switch (quantity(text, BYTES_OF, minBytes, maxBytes)) {
              case Good<Long> good -> good;
              case Bad<Long>(String what, String hint) when what.isEmpty() ->
                  new Bad<>("is not a size", sizeHint(text));
              case Bad<Long> bad -> bad;
            });
  }

  private static String sizeHint(String text) {
    int unit = unitAt(text);
    if (unit > 0) {
      String number = text.substring(0, unit);
      String first = text.substring(unit).strip().toLowerCase(Locale.ROOT);
      for (String known : List.of("KiB", "MiB", "GiB")) {
        if (!first.isEmpty() && first.charAt(0) == Character.toLowerCase(known.charAt(0))) {
          return "Write " + number + known + ".";
        }
      }
    }
    return "Write a whole number of bytes, or one with KiB, MiB or GiB, such as 8KiB.";
  }

  /** In the unit's smallest part; a {@link Bad} without words where it is no quantity at all. */
  private static Outcome<Long> quantity(String text, Map<String, Long> units, long min, long max) {
    int unit = unitAt(text);
    Long factor = unit == 0 ? null : units.get(text.substring(unit));
    BigInteger number = unit == 0 ? null : wholeNumber(text.substring(0, unit));
    if (factor == null || number == null) {
      return new Bad<>("", "");
    }
    BigInteger product = number.multiply(BigInteger.valueOf(factor));
    return product.compareTo(BigInteger.valueOf(min)) < 0
            || product.compareTo(BigInteger.valueOf(max)) > 0
        ? new Bad<>("is out of range", "")
        : new Good<>(product.longValueExact());
  }

  private static int unitAt(String text) {
    int i = 0;
    while (i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
      i++;
    }
    return i;
  }

  /** A duration of this program's own text, such as a default. */
  static Duration durationOf(String text) {
    return Duration.ofNanos(nanos(text));
  }

  static long bytes(String text) {
    return constant(text, BYTES_OF);
  }

  private static long nanos(String text) {
    return constant(text, NANOS_OF);
  }

  private static long constant(String text, Map<String, Long> units) {
    return switch (quantity(text, units, 0, Long.MAX_VALUE)) {
      case Good<Long>(Long value) -> value;
      case Bad<Long> bad -> throw new IllegalArgumentException(text);
    };
  }

  /** In the largest unit that leaves a whole number. */
  static String text(Duration duration) {
    long nanos = duration.toNanos();
    for (String unit : List.of("h", "m", "s")) {
      long factor = nanos(1 + unit);
      if (nanos % factor == 0) {
        return nanos / factor + unit;
      }
    }
    return duration.toMillis() + "ms";
  }

  /** In the largest unit that leaves a whole number. */
  static String text(long bytes) {
    for (String unit : List.of("GiB", "MiB", "KiB")) {
      long factor = bytes(1 + unit);
      if (bytes != 0 && bytes % factor == 0) {
        return bytes / factor + unit;
      }
    }
    return Long.toString(bytes);
  }

  // ---- choices

  static Kind<Boolean> bool() {
    return new Kind<>(
        "boolean",
        "true or false",
        false,
        text ->
            switch (text) {
              case "true" -> new Good<>(true);
              case "false" -> new Good<>(false);
              default ->
                  new Bad<>(
                      "is neither true nor false",
                      switch (text.toLowerCase(Locale.ROOT)) {
                        case "yes", "on", "true" -> "Write true.";
                        case "no", "off", "false" -> "Write false.";
                        default -> "";
                      });
            });
  }

  /** The constants of an enum, written small and with hyphens. */
  static <E extends Enum<E>> Kind<E> choice(Class<E> type) {
    List<String> names = new ArrayList<>();
    for (E constant : type.getEnumConstants()) {
      names.add(text(constant));
    }
    return new Kind<>(
        "choice",
        either(names),
        false,
        text -> {
          int index = names.indexOf(text);
          return index >= 0
              ? new Good<>(type.getEnumConstants()[index])
              : new Bad<>("is unknown", Hints.didYouMean(text, names));
        });
  }

  static String text(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String either(List<String> names) {
    int last = names.size() - 1;
    return String.join(", ", names.subList(0, last)) + " or " + names.get(last);
  }

  // ---- texts

  /** An IP address; no host name, because a name may mean another address tomorrow. */
  static Kind<String> address() {
    return new Kind<>(
        "address",
        "an IP address or localhost",
        false,
        text ->
            text.equals("localhost") || Hosts.isLiteral(text)
                ? new Good<>(text)
                : new Bad<>(
                    "is not an address",
                    "Write 127.0.0.1 for this machine alone, 0.0.0.0 for every network."));
  }

  /** The name of something that the file names itself; whether it does is seen at the end. */
  static Kind<String> nameFrom(String section) {
    return new Kind<>("name", "a name from " + section, false, Good::new);
  }

  /** The same, of one or several. */
  static Kind<String> namesFrom(String section) {
    return new Kind<>(
        "name or list of names",
        "a name from " + section + ", or a list of up to 16",
        false,
        Good::new);
  }

  static final String NAME_ALLOWED =
      "1 to 64 of a-z, 0-9, dot, hyphen and underscore, the first a letter or digit";

  static boolean isName(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letterOrDigit = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (!letterOrDigit && (i == 0 || (c != '.' && c != '-' && c != '_'))) {
        return false;
      }
    }
    return !text.isEmpty() && text.length() <= 64;
  }

  /** A path prefix, or empty for none. */
  static Kind<String> prefix() {
    return new Kind<>(
        "path",
        "a path such as /groq, or nothing",
        false,
        text -> {
          if (text.isEmpty()) {
            return new Good<>(text);
          }
          if (!text.startsWith("/")) {
            return new Bad<>("starts without a slash", "Write " + quoted("/" + text) + ".");
          }
          if (text.endsWith("/")) {
            return new Bad<>(
                "ends with a slash", "Write " + quoted(text.substring(0, text.length() - 1)) + ".");
          }
          return isPath(text)
              ? new Good<>(text)
              : new Bad<>(
                  "is not a plain path",
                  "Use letters, digits, hyphens, dots and underscores between single slashes.");
        });
  }

  private static boolean isPath(String text) {
    for (String segment : text.substring(1).split("/", -1)) {
      if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
        return false;
      }
      for (int i = 0; i < segment.length(); i++) {
        char c = segment.charAt(i);
        boolean letterOrDigit =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letterOrDigit && "-._~".indexOf(c) < 0) {
          return false;
        }
      }
    }
    return true;
  }

  private static String quoted(String text) {
    return text.isEmpty() ? "\"\"" : Shown.value(text);
  }

  /** A directory, which need not be there; its path as it was written. */
  static Kind<String> directory() {
    return new Kind<>(
        "directory",
        "the path of a directory",
        false,
        text ->
            text.isEmpty() || text.length() > 4096 || text.chars().anyMatch(Character::isISOControl)
                ? new Bad<>("is not a path", "")
                : new Good<>(text));
  }

  /** A pattern for model names. */
  static Kind<String> model() {
    return new Kind<>(
        "list of patterns",
        "model names, in which * stands for anything",
        false,
        text -> {
          for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) <= ' ' || text.charAt(i) > '~') {
              return new Bad<>("is not a model name", "");
            }
          }
          return text.isEmpty() || text.length() > 256
              ? new Bad<>("is not a model name", "")
              : new Good<>(text);
        });
  }

  /** Where a provider is; a slash at the end is dropped. */
  static Kind<URI> baseUrl() {
    return new Kind<>(
        "URL",
        "http:// or https://, a host, and at most a port and a path",
        false,
        text -> {
          String trimmed = text;
          while (trimmed.endsWith("/") && !trimmed.endsWith("//")) {
            trimmed = trimmed.substring(0, trimmed.length() - 1);
          }
          try {
            URI uri = new URI(trimmed);
            String fault = faultOf(uri);
            if (fault.isEmpty()) {
              return new Good<>(uri);
            }
            return new Bad<>(
                fault, uri.getScheme() == null ? "Write it like https://api.example.com." : "");
          } catch (URISyntaxException e) {
            return new Bad<>("is not a URL", "Write it like https://api.example.com.");
          }
        });
  }

  private static final Set<String> SCHEMES = Set.of("http", "https");

  private static String faultOf(URI uri) {
    String scheme = uri.getScheme();
    if (scheme == null || !SCHEMES.contains(scheme.toLowerCase(Locale.ROOT))) {
      return "is neither http nor https";
    }
    if (uri.getRawUserInfo() != null) {
      return "holds a user name or password";
    }
    if (uri.getHost() == null) {
      return "has no valid host";
    }
    if (uri.getPort() == 0 || uri.getPort() > 65535) {
      return "has a port that does not exist";
    }
    if (uri.getRawQuery() != null) {
      return "has a query";
    }
    if (uri.getRawFragment() != null) {
      return "has a fragment";
    }
    String path = uri.getRawPath();
    return path.isEmpty() || isPath(path) ? "" : "has a path that is not plain";
  }

  /** A file that exists; its path as it was written. */
  static Kind<String> file() {
    return new Kind<>("file", "the path of a readable file", false, Good::new);
  }

  /** Files that exist; their paths as they were written. */
  static Kind<String> files() {
    return new Kind<>("list of files", "paths of readable files", false, Good::new);
  }

  /** Something that nobody else may read, of at least so many characters. */
  static Kind<String> secret(int lengthMin) {
    String allowed =
        lengthMin <= 1
            ? "printable ASCII without spaces, ${NAME} or file:/path"
            : "at least "
                + lengthMin
                + " printable ASCII characters without spaces, ${NAME} or file:/path";
    return new Kind<>(
        "secret",
        allowed,
        true,
        text -> {
          // It goes into a header field: anything else could end the line (RFC 9110 section 5.5).
          for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) <= ' ' || text.charAt(i) > '~') {
              return new Bad<>(
                  "has a space, line break or other foreign character at place " + (i + 1), "");
            }
          }
          if (text.length() > 4096) {
            return new Bad<>("is " + text.length() + " characters long", "");
          }
          return text.length() < lengthMin
              ? new Bad<>(
                  "is only " + text.length() + " characters long",
                  "Make one with: openssl rand -hex 32.")
              : new Good<>(text);
        });
  }

  /** The hash of nothing; what is read on with where one is missing. */
  static final ApiKeyHash NO_HASH = ApiKeyHash.parse(ApiKeyHash.PREFIX + "0".repeat(64));

  /** Hashes of keys; handled like secrets, because keys are pasted there by mistake. */
  static Kind<ApiKeyHash> keyHash() {
    return hash("list of hashes");
  }

  /** A single one. */
  static Kind<ApiKeyHash> oneKeyHash() {
    return hash("hash");
  }

  private static Kind<ApiKeyHash> hash(String type) {
    return new Kind<>(
        type,
        "hmac-sha256: and 64 hexadecimal digits",
        true,
        text -> {
          try {
            return new Good<>(ApiKeyHash.parse(text));
          } catch (IllegalArgumentException e) {
            return new Bad<>(
                Objects.requireNonNull(e.getMessage()),
                "Make a pair with: bin/gateway keys generate.");
          }
        });
  }
}

package dev.sluice.billing.usage;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/**
 * Money as whole nano-dollars, a billionth of a US dollar, and rates as whole nano-dollars per
 * million tokens: 8 dollars per million are 8,000,000,000. A {@code long} holds nine billion
 * dollars. Exact: no floating point, and what does not fit throws {@link ArithmeticException}
 * instead of wrapping.
 *
 * <p>The one rounding is that of {@link #cost}: once per meter of a call, half up, to a whole
 * nano-dollar. So a line is off by half a nano-dollar at most, and a sum of lines is exactly what
 * its lines say; rounding the sum instead would leave a bill whose lines do not add up.
 */
public final class Money {

  /** A factor of one. */
  public static final long ONE = 1_000_000;

  private static final long NANOS_PER_USD = 1_000_000_000;
  private static final BigInteger MILLION = BigInteger.valueOf(1_000_000);
  private static final int PLACES = 9;
  private static final int PLACES_SHOWN_MIN = 6;

  private Money() {}

  /**
   * Dollars per million tokens to nano-dollars per million.
   *
   * @throws ArithmeticException if it has more than nine decimal places, or does not fit
   */
  public static long perMillion(BigDecimal usdPerMillionTokens) {
    return usdPerMillionTokens.movePointRight(PLACES).longValueExact();
  }

  /**
   * Dollars per single token, rounded half up to a whole nano-dollar per million.
   *
   * @throws ArithmeticException if it does not fit
   */
  public static long perToken(BigDecimal usdPerToken) {
    return usdPerToken
        .movePointRight(PLACES + 6)
        .setScale(0, RoundingMode.HALF_UP)
        .longValueExact();
  }

  /**
   * What tokens cost, rounded once.
   *
   * @param tokens not negative
   * @param nanoUsdPerMillion not negative
   * @param factors in millionths, {@link #ONE} being one; not negative
   * @throws ArithmeticException if it does not fit
   */
  public static long cost(long tokens, long nanoUsdPerMillion, long... factors) {
    if (tokens < 0 || nanoUsdPerMillion < 0) {
      throw new IllegalArgumentException(tokens + " tokens at " + nanoUsdPerMillion);
    }
    BigInteger product = BigInteger.valueOf(tokens).multiply(BigInteger.valueOf(nanoUsdPerMillion));
    BigInteger divisor = MILLION;
    for (long factor : factors) {
      if (factor != ONE) {
        product = product.multiply(BigInteger.valueOf(factor));
        divisor = divisor.multiply(MILLION);
      }
    }
    // The divisor is even, so its half is whole.
    return product.add(divisor.shiftRight(1)).divide(divisor).longValueExact();
  }

  /** {@code $0.004120}: exact, with six decimal places or as many more as it takes. */
  public static String text(long nanoUsd) {
    return dollars(nanoUsd, PLACES_SHOWN_MIN);
  }

  /** {@code $8.00}, of a million tokens: exact, with two decimal places or as many more. */
  public static String rate(long nanoUsdPerMillion) {
    return dollars(nanoUsdPerMillion, 2);
  }

  private static String dollars(long nanoUsd, int placesMin) {
    BigInteger[] parts =
        BigInteger.valueOf(nanoUsd).abs().divideAndRemainder(BigInteger.valueOf(NANOS_PER_USD));
    String fraction = parts[1].add(BigInteger.valueOf(NANOS_PER_USD)).toString().substring(1);
    int end = PLACES;
    while (end > placesMin && fraction.charAt(end - 1) == '0') {
      end--;
    }
    return (nanoUsd < 0 ? "-$" : "$") + parts[0] + "." + fraction.substring(0, end);
  }
}

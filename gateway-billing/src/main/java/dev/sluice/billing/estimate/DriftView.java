package dev.sluice.billing.estimate;

import org.jspecify.annotations.Nullable;

/**
 * One cell of the calibration, as it stood when asked.
 *
 * @param provider name of the provider in the configuration
 * @param model null for calls that named none
 * @param contentClass of the bodies
 * @param requests settled calls whose provider counted, since the start
 * @param ratio by which the public base count is multiplied for this cell
 * @param spread mean of |ln(billed / estimated)| of late: 0.05 is an error of 5 %
 * @param alarms how often the provider's count has jumped up, since the start
 * @param lastAlarmEpochMillis when that was last, or 0
 */
public record DriftView(
    String provider,
    @Nullable String model,
    ContentClass contentClass,
    long requests,
    double ratio,
    double spread,
    long alarms,
    long lastAlarmEpochMillis) {}

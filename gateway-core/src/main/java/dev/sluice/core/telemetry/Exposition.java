package dev.sluice.core.telemetry;

/**
 * All metrics at one moment, as Prometheus reads them.
 *
 * @param body not to be modified
 */
public record Exposition(String contentType, byte[] body) {}

package dev.sluice.billing.team;

/** A team's name in the configuration: unique, a metric label. */
public record TeamId(String name) {}

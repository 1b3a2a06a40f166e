package dev.sluice.billing.team;

/** A team's name: unique, a metric label. */
public record TeamId(String name) {}

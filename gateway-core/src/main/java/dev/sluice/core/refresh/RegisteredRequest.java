package dev.sluice.core.refresh;

import dev.sluice.core.dialect.Dialect;
import dev.sluice.core.dialect.RequestFacts;
import dev.sluice.core.prefix.Prefix;

/**
 * A registered request as the flow would see it.
 *
 * @param prefix the longest that is cached of it, at the account to which it goes
 * @param entry its number in the layout
 * @param target as a client would ask for it
 */
record RegisteredRequest(
    Prefix prefix, int entry, String model, Dialect dialect, RequestFacts facts, String target) {}

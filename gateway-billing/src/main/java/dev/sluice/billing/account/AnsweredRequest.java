package dev.sluice.billing.account;

import java.time.Instant;

/**
 * A request that has issued a key, so that it issues none a second time.
 *
 * @param request digest of the path and the id that the client gave it
 * @param body digest of what it asked
 * @param keyId the key that it issued
 */
public record AnsweredRequest(String request, String body, String keyId, Instant at) {}

package dev.sluice.admin.api;

import io.netty.handler.codec.http.HttpHeaders;

/**
 * One request on the admin port, whole and authorised.
 *
 * @param path without the query, as it came: not decoded
 * @param query raw, without the question mark; empty if none
 * @param headers read only
 * @param body at most 64 KiB; not to be modified
 */
public record AdminRequest(
    String method, String path, String query, HttpHeaders headers, byte[] body) {}

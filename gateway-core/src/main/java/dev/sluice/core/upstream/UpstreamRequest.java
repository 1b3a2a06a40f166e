package dev.sluice.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;

/**
 * One request as the provider is to get it.
 *
 * @param target origin form: path and query
 * @param headers end-to-end fields with the provider's key; {@code Host}, {@code Content-Length}
 *     and {@code Connection} are put in by the connection
 * @param body the whole body; ownership passes to {@link Upstreams#open}, also on failure
 */
public record UpstreamRequest(
    HttpMethod method, String target, HttpHeaders headers, ByteBuf body) {}

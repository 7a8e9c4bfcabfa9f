/**
 * The public HTTP API. {@link drover.http.PublicApi} checks what comes in to the last field, asks ledger, board and feed,
 * and answers in the records of {@link drover.client}; every failure is one entry of {@code Problems},
 * written as {@code application/problem+json}. Requests come in from anybody, so nothing in them is trusted.
 */
@NullMarked
package drover.http;

import org.jspecify.annotations.NullMarked;

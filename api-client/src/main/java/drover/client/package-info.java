/**
 * Talking to a Drover: the records of its HTTP API, used by the server and by clients alike, and a Java client. Nothing
 * here knows the runtime; JSON goes out, JSON comes in.
 */
@NullMarked
package drover.client;

import org.jspecify.annotations.NullMarked;

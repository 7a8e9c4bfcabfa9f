/**
 * Talking to an AI Horde: the records of its API, a client for workers and one for those who order, upload to presigned
 * addresses and download from foreign ones. The runtime calls it with records and gets a {@link
 * drover.horde.HordeResult}, never an exception for what the other side did; nothing here knows the runtime. JSON and
 * pictures go out and come in over Pekko HTTP.
 */
@NullMarked
package drover.horde;

import org.jspecify.annotations.NullMarked;

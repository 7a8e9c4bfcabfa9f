/**
 * Pictures as pixels and as files, away from any network: decoding what strangers send, resizing, masks, edges, encoding
 * and what is written into a file beside the picture, and the placeholder for one that is withheld. Everybody who has a
 * picture may call it; it knows nothing of models, jobs or stores, and calls nothing but the image libraries. Pixels come
 * in and bytes go out, or the other way round.
 */
@NullMarked
package drover.picture;

import org.jspecify.annotations.NullMarked;

/**
 * Pictures as pixels, away from any network: decoding what strangers send, resizing, masks, edges. Engines and whoever
 * takes pictures in at the edge call it; it calls nothing but the image libraries. Bytes come in, {@link
 * drover.picture.Picture}s and {@link drover.imaging.Mask}s go out.
 */
@NullMarked
package drover.imaging;

import org.jspecify.annotations.NullMarked;

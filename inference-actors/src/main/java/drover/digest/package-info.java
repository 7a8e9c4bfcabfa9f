/**
 * What bytes hash to. Whoever has to recognise a file, a result or a request again may call it; it knows nothing of what
 * the bytes are, and only reads them.
 */
@NullMarked
package drover.digest;

import org.jspecify.annotations.NullMarked;

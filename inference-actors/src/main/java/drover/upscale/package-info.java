/**
 * Networks that make pictures larger. The golden runner calls them; a network is read from one safetensors file, pictures
 * come in and go out as float arrays of the scope's device.
 */
@NullMarked
package drover.upscale;

import org.jspecify.annotations.NullMarked;

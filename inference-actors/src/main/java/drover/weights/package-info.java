/**
 * Reads model weights from safetensors files. Whoever builds a network asks {@link drover.weights.Checkpoint} for its
 * tensors; nothing here knows what a network is. Files come in as memory mappings and are checked before a byte of
 * them is believed; tensors leave as DJL arrays on the device of the caller's manager, copied, or under a lease as views
 * of the mapping.
 */
@NullMarked
package drover.weights;

import org.jspecify.annotations.NullMarked;

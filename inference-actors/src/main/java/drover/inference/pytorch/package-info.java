/**
 * The engine that runs real models on libtorch, and the cache that decides which of them stay in memory. Runners call
 * {@link drover.inference.pytorch.PyTorchEngine} through {@link drover.inference.Engine}; nothing else uses this package
 * but whoever configures a node. Requests come in, pictures go out, and all native memory is owned here.
 */
@NullMarked
package drover.inference.pytorch;

import org.jspecify.annotations.NullMarked;

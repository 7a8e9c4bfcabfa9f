/**
 * Runs golden cases: inputs and outputs of a reference implementation that the networks here must reproduce. The
 * command line and the tests call {@link drover.golden.GoldenRunner}; nothing else does. Cases come in as folders of
 * {@code case.json} and {@code tensors.safetensors}, one {@link drover.golden.GoldenResult} per tensor goes out.
 */
@NullMarked
package drover.golden;

import org.jspecify.annotations.NullMarked;

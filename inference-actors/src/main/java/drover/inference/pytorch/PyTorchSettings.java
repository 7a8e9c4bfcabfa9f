package drover.inference.pytorch;

import ai.djl.ndarray.types.DataType;
import drover.diffusion.ExtraFiles;
import drover.graph.TorchOptions;

/**
 * How one process runs models.
 *
 * @param torch device and threads
 * @param precision type of weights and activations: float32 or float16. What a network makes of the latter that is no
 *     number is made once more in float32
 * @param modelBytes what all models in memory may cost together, in bytes, at least 1
 * @param workBytes what a network may take for what it computes, in bytes; decides how many pictures are painted at once
 * @param files what models are combined with
 * @param version Drover's version, for the pictures' metadata
 */
public record PyTorchSettings(
        TorchOptions torch, DataType precision, long modelBytes, long workBytes, ExtraFiles files, String version) {}

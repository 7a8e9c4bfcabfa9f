package drover.inference.pytorch;

import ai.djl.ndarray.types.DataType;
import drover.diffusion.ExtraFiles;
import drover.graph.TorchOptions;

/**
 * How one process runs models.
 *
 * @param torch device and threads
 * @param precision type of weights and activations: float32 everywhere; float16 and bfloat16 on GPUs that have them
 * @param modelBytes what all models in memory may cost together, in bytes, at least 1
 * @param workBytes what a network may take for what it computes, in bytes; decides how many pictures are painted at once
 * @param files what models are combined with
 * @param version Drover's version, for the pictures' metadata
 */
public record PyTorchSettings(
        TorchOptions torch, DataType precision, long modelBytes, long workBytes, ExtraFiles files, String version) {}

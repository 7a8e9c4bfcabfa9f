package drover.source.skills;

import java.nio.file.Path;

/**
 * What is offered, and where the files for it are.
 *
 * @param postProcessing when jobs with post-processing are taken
 * @param controlNet when jobs with ControlNet are taken
 * @param upscalers folder of {@code NAME.safetensors} files
 * @param controlNets folder of {@code NAME.safetensors} files and diffusers folders
 * @param nodeHeap bytes of a node's Java heap, in which enlarged pictures have to fit
 */
public record SkillSettings(
        Offering postProcessing, Offering controlNet, Path upscalers, Path controlNets, long nodeHeap) {}

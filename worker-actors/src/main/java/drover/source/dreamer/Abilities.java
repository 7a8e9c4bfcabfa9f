package drover.source.dreamer;

/**
 * What this version can do of what the Horde may ask for; the operator's settings can only take from it.
 *
 * @param img2img source images
 * @param painting masks
 * @param postProcessing upscalers and the like
 * @param controlnet ControlNet
 * @param sdxlControlnet ControlNet for SDXL, transparent pictures
 * @param lora LoRA
 */
record Abilities(
        boolean img2img,
        boolean painting,
        boolean postProcessing,
        boolean controlnet,
        boolean sdxlControlnet,
        boolean lora) {
    /** Of this version: upscalers and ControlNet are known to the engine, but not by the Horde's names. */
    static final Abilities PRESENT = new Abilities(true, true, false, false, false, true);
}

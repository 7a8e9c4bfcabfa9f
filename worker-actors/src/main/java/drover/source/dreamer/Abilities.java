package drover.source.dreamer;

import drover.source.AgentCapabilities;
import drover.source.skills.SkillSettings;
import drover.source.skills.Skills;

/**
 * What this installation can do of what the Horde may ask for; the operator's settings for a worker can only take from it.
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
    /**
     * Of this version, with these files.
     *
     * @param settings what is offered
     * @param agent whom the Horde takes it for, and so what it may be asked for
     */
    static Abilities of(Skills skills, SkillSettings settings, AgentCapabilities agent) {
        return new Abilities(
                true,
                true,
                skills.processors().offered(settings.postProcessing(), agent.granted()),
                skills.nets().offered(settings.controlNet()),
                false,
                true);
    }
}

package drover.sampling;

/** How the noise levels of a run are chosen; the names are ComfyUI's, where it has one. */
public enum Spacing {
    /** Evenly in the timestep, from the highest trained level to the lowest. */
    NORMAL,
    /** By Karras et al. 2022, equation 5. */
    KARRAS,
    /** Evenly in the timestep, at trained levels only, from the highest on; the lowest is not reached. */
    SIMPLE,
    /** Evenly in the timestep, at trained levels only, each at the end of its share; diffusers' name. */
    TRAILING
}

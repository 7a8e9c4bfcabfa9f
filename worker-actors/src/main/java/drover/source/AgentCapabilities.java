package drover.source;

import drover.horde.BridgeAgent;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the public Horde lets a worker do that introduces itself by this name. It goes by the exact name and the version
 * alone, not by what the worker says that it can do; the table is that of the server's release 5.1 (August 2026). A private
 * Horde may have another one.
 *
 * @param agent as it introduces itself
 * @param standing how far the server knows the name
 * @param granted the server's names of what the worker may be given; empty for a name of which nothing is known
 */
public record AgentCapabilities(BridgeAgent agent, Standing standing, Set<String> granted) {
    /** The name that gets everything. */
    public static final String OFFICIAL = "AI Horde Worker reGen";

    /** Pictures go into the object store. Requests that want that are nearly all there are. */
    public static final String UPLOAD = "r2";

    /** Source images come as addresses and not in Base64. */
    public static final String SOURCE_ADDRESSES = "r2_source";

    private static final Set<String> OTHERS =
            Set.of("AI Horde Worker", "SD-WebUI Stable Horde Worker Bridge", "HordeAutoWebBridge");

    private static final NavigableMap<Integer, List<String>> BY_VERSION = new TreeMap<>(Map.of(
            1,
                    List.of(
                            "img2img",
                            "inpainting",
                            "karras",
                            "post-processing",
                            "GFPGAN",
                            "CodeFormers",
                            "RealESRGAN_x4plus",
                            "RealESRGAN_x2plus",
                            "RealESRGAN_x4plus_anime_6B",
                            "NMKD_Siax",
                            "4x_AnimeSharp",
                            "strip_background",
                            UPLOAD,
                            SOURCE_ADDRESSES,
                            "clip_skip",
                            "controlnet",
                            "return_control_map",
                            "image_is_control",
                            "hires_fix",
                            "tiling"),
            2, List.of("textual_inversion", "lora"),
            3, List.of("lora_versions", "lcm"),
            5, List.of("extra_source_images"),
            6, List.of("stable_cascade_2pass"),
            7, List.of("qr_code", "extra_texts", "workflow"),
            8, List.of("layer_diffuse"),
            9, List.of("flux"),
            13,
                    List.of(
                            "4xNomos8kSC",
                            "4xLSDIRplus",
                            "4xNomosWebPhoto_RealPLKSR",
                            "4xNomos2_realplksr_dysample",
                            "4xNomos2_hq_dat2",
                            "2xModernSpanimationV1",
                            "GFPGANv1.3",
                            "RestoreFormer")));

    private static final Pattern MAJOR = Pattern.compile("(\\d+)(\\.\\d+){0,2}([-+].*)?");

    /** How far the server knows a name. */
    public enum Standing {
        /** The official worker's, in the version with all there is. */
        CURRENT(1.0),
        /** The official worker's, in a version that lacks something. */
        OUTDATED(0.9),
        /** One that the server knows, with a table of its own that is not known here. */
        OTHER(0.75),
        /** One that the server does not know: nothing at all is granted. */
        UNKNOWN(0.75);

        private final double kudosFactor;

        Standing(double kudosFactor) {
            this.kudosFactor = kudosFactor;
        }

        /** By what a job's reward is multiplied before it is credited. */
        public double kudosFactor() {
            return kudosFactor;
        }
    }

    public AgentCapabilities {
        granted = Set.copyOf(granted);
    }

    /** What is granted to this one. */
    public static AgentCapabilities of(BridgeAgent agent) {
        if (!agent.name().equals(OFFICIAL)) {
            return new AgentCapabilities(
                    agent, OTHERS.contains(agent.name()) ? Standing.OTHER : Standing.UNKNOWN, Set.of());
        }
        Set<String> granted = new TreeSet<>();
        int version = version(agent.version());
        BY_VERSION.headMap(version, true).values().forEach(granted::addAll);
        return new AgentCapabilities(
                agent, version >= BY_VERSION.lastKey() ? Standing.CURRENT : Standing.OUTDATED, granted);
    }

    /** Whether requests that need this are offered. */
    public boolean can(String capability) {
        return granted.contains(capability);
    }

    /** The major version; 0, which can do nothing, for what the server cannot read. */
    private static int version(String text) {
        Matcher parts = MAJOR.matcher(text);
        return parts.matches()
                ? new BigInteger(parts.group(1))
                        .min(BigInteger.valueOf(Integer.MAX_VALUE))
                        .intValue()
                : 0;
    }

    /** What it comes to, for the operator. */
    public String sentence() {
        return switch (standing) {
            case CURRENT ->
                "the public Horde grants everything to the agent " + shown() + ", and the whole of the kudos";
            case OUTDATED ->
                granted.isEmpty()
                        ? "the public Horde cannot read the version of the agent " + shown()
                                + " and grants it nothing, not even uploads; it will be given next to no work"
                        : "the public Horde grants 0.9 of the kudos to the agent " + shown()
                                + ", and not what came with later versions: " + String.join(", ", missing());
            case OTHER ->
                "the public Horde knows the agent name " + agent.name()
                        + ", but grants it less than the official worker's, and 0.75 of the kudos";
            case UNKNOWN ->
                "the public Horde does not know the agent name " + agent.name()
                        + " and grants it nothing: no uploads (r2), so that nearly all requests pass it by, no img2img,"
                        + " inpainting, LoRA, ControlNet or post-processing, and 0.75 of the kudos; it will be given next to"
                        + " no work. On a Horde of your own, list the name there; on the public one it takes an entry"
                        + " in the server's table, or its owners' leave for another drover.horde.bridge-agent";
        };
    }

    private String shown() {
        return agent.name() + " " + agent.version();
    }

    private Set<String> missing() {
        Set<String> missing = new TreeSet<>();
        BY_VERSION.values().forEach(missing::addAll);
        missing.removeAll(granted);
        return missing;
    }
}

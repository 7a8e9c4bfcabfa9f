package drover.source.skills;

import drover.inference.ControlUse;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What a ControlNet may be shown of a picture, by the Horde's names (release 5.1 of its server). */
public enum ControlType {
    CANNY("canny", Optional.of(ControlUse.Type.CANNY), "canny"),
    HED("hed", Optional.empty(), "hed", "softedge"),
    DEPTH("depth", Optional.empty(), "depth"),
    NORMAL("normal", Optional.empty(), "normal", "normalbae"),
    OPENPOSE("openpose", Optional.empty(), "openpose"),
    SEG("seg", Optional.empty(), "seg"),
    SCRIBBLE("scribble", Optional.empty(), "scribble"),
    FAKE_SCRIBBLES("fakescribbles", Optional.empty(), "scribble"),
    HOUGH("hough", Optional.empty(), "hough", "mlsd");

    /** Words of names of ControlNets for other models than Stable Diffusion 1, and of files that are none. */
    private static final Set<String> OTHERS =
            Set.of("sdxl", "xl", "sd21", "sd2", "sd3", "flux", "lora", "diff", "t2iadapter");

    private final String hordeName;
    private final Optional<ControlUse.Type> annotator;
    private final List<String> words;

    ControlType(String hordeName, Optional<ControlUse.Type> annotator, String... words) {
        this.hordeName = hordeName;
        this.annotator = annotator;
        this.words = List.of(words);
    }

    /** The one that the Horde calls so; capitals do not matter. */
    public static Optional<ControlType> named(String hordeName) {
        return Arrays.stream(values())
                .filter(it -> it.hordeName.equalsIgnoreCase(hordeName))
                .findFirst();
    }

    /** What the Horde calls it. */
    public String hordeName() {
        return hordeName;
    }

    /** What makes of any picture what the ControlNet is shown; empty if nothing here can. */
    public Optional<ControlUse.Type> annotator() {
        return annotator;
    }

    /**
     * Whether a ControlNet of this name is taken for it: {@code canny} alone, or the words under which it is passed
     * around, such as {@code control_v11p_sd15_canny}, {@code sd-controlnet-canny} or {@code control_canny-fp16}.
     */
    boolean isIn(String file) {
        List<String> parts = Arrays.asList(file.toLowerCase(Locale.ROOT).split("[^a-z0-9]+"));
        boolean named = parts.stream().anyMatch(words::contains);
        return named
                && parts.stream().noneMatch(OTHERS::contains)
                && (parts.size() == 1 || parts.stream().anyMatch(part -> part.startsWith("control")));
    }
}

package drover.source.skills;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What may be done to a finished picture, by the Horde's names (release 5.1 of its server). Files are looked for under
 * that name and under those by which they are usually passed around; capitals, hyphens and the like do not matter.
 */
public enum PostProcessor {
    REALESRGAN_X4PLUS("RealESRGAN_x4plus"),
    REALESRGAN_X2PLUS("RealESRGAN_x2plus"),
    REALESRGAN_X4PLUS_ANIME_6B("RealESRGAN_x4plus_anime_6B", "RealESRGAN_x4plus_anime"),
    NMKD_SIAX("NMKD_Siax", "4x_NMKD-Siax_200k", "4x_NMKD-Siax"),
    ANIME_SHARP("4x_AnimeSharp"),
    NOMOS_8K_SC("4xNomos8kSC"),
    LSDIR_PLUS("4xLSDIRplus"),
    NOMOS_WEB_PHOTO("4xNomosWebPhoto_RealPLKSR", Kind.PLKSR),
    NOMOS_2("4xNomos2_realplksr_dysample", Kind.PLKSR),
    NOMOS_2_HQ("4xNomos2_hq_dat2", Kind.DAT),
    MODERN_SPANIMATION("2xModernSpanimationV1", Kind.SPAN),
    GFPGAN("GFPGAN", Kind.FACES),
    GFPGAN_1_3("GFPGANv1.3", Kind.FACES),
    CODE_FORMERS("CodeFormers", Kind.FACES),
    RESTORE_FORMER("RestoreFormer", Kind.FACES),
    STRIP_BACKGROUND("strip_background", Kind.BACKGROUND);

    private final String hordeName;
    private final Kind kind;
    private final List<String> files;

    /** What kind of network it takes. */
    private enum Kind {
        RRDB("is not in drover.upscalers-dir"),
        PLKSR("is a RealPLKSR network, which Drover cannot run"),
        DAT("is a DAT network, which Drover cannot run"),
        SPAN("is a SPAN network, which Drover cannot run"),
        FACES("mends faces, which Drover cannot do"),
        BACKGROUND("takes the background away, which Drover cannot do");

        private final String whyMissing;

        Kind(String whyMissing) {
            this.whyMissing = whyMissing;
        }
    }

    PostProcessor(String hordeName, String... otherNames) {
        this(hordeName, Kind.RRDB, otherNames);
    }

    PostProcessor(String hordeName, Kind kind, String... otherNames) {
        this.hordeName = hordeName;
        this.kind = kind;
        this.files = Stream.concat(Stream.of(hordeName), Arrays.stream(otherNames))
                .map(PostProcessor::letters)
                .toList();
    }

    /** The one that the Horde calls so; capitals do not matter. */
    public static Optional<PostProcessor> named(String hordeName) {
        return Arrays.stream(values())
                .filter(it -> it.hordeName.equalsIgnoreCase(hordeName))
                .findFirst();
    }

    /** What the Horde calls it. */
    public String hordeName() {
        return hordeName;
    }

    /** Whether Drover has a use for a file of it. */
    boolean isReadable() {
        return kind == Kind.RRDB;
    }

    /** Whether a file of this name, without its ending, is taken for it. */
    boolean isIn(String file) {
        return files.contains(letters(file));
    }

    /** Why it is not there, for people: what follows its name. */
    String whyMissing() {
        return kind.whyMissing;
    }

    private static String letters(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }
}

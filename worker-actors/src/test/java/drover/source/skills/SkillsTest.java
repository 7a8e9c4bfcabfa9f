package drover.source.skills;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.ControlUse;
import drover.source.skills.ControlNets.Following;
import drover.source.skills.PostProcessors.Chain;
import drover.source.skills.PostProcessors.Upscaler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SkillsTest {
    private static final Path FIXTURES =
            Path.of("..", "inference-actors", "src", "test", "resources", "fixtures", "upscaler");
    private static final long HEAP = 256L << 20;
    private static final PostProcessors TWO = new PostProcessors(
            Map.of(
                    PostProcessor.NMKD_SIAX, new Upscaler("siax", 4),
                    PostProcessor.REALESRGAN_X2PLUS, new Upscaler("two", 2)),
            List.of());

    @TempDir
    private Path home;

    private Path upscalers;
    private Path nets;
    private SkillFolders folders;

    @BeforeEach
    void folders() throws IOException {
        upscalers = Files.createDirectories(home.resolve("upscalers"));
        nets = Files.createDirectories(home.resolve("nets"));
        folders = new SkillFolders(new SkillSettings(Offering.ALL, Offering.ALL, upscalers, nets, HEAP));
    }

    private void upscaler(String fixture, String name) throws IOException {
        Files.copy(FIXTURES.resolve(fixture).resolve("model.safetensors"), upscalers.resolve(name + ".safetensors"));
    }

    private Skills look() {
        return folders.look().orElseThrow();
    }

    @Test
    void upscalersAreKnownByTheirUsualNamesAndReadByTheirHeaders() throws IOException {
        upscaler("x4", "RealESRGAN_x4plus");
        upscaler("x2", "realesrgan-x2plus");
        upscaler("x4", "4x_NMKD-Siax_200k");
        upscaler("x4", "4x-AnimeSharp");
        upscaler("x4", "my own");
        Files.writeString(upscalers.resolve("4xLSDIRplus.safetensors"), "this is none");
        PostProcessors found = look().processors();
        assertThat(found.there())
                .isEqualTo(Map.of(
                        PostProcessor.REALESRGAN_X4PLUS, new Upscaler("RealESRGAN_x4plus", 4),
                        PostProcessor.REALESRGAN_X2PLUS, new Upscaler("realesrgan-x2plus", 2),
                        PostProcessor.NMKD_SIAX, new Upscaler("4x_NMKD-Siax_200k", 4),
                        PostProcessor.ANIME_SHARP, new Upscaler("4x-AnimeSharp", 4)));
        assertThat(found.problems()).singleElement().asString().contains("4xLSDIRplus.safetensors");
    }

    @Test
    void anOlderWritingOfTheSameNetworkIsReadAsWell() throws IOException {
        Files.copy(
                FIXTURES.resolve("x4/model-old-esrgan-keys.safetensors"), upscalers.resolve("NMKD_Siax.safetensors"));
        assertThat(look().processors().there())
                .containsExactly(Map.entry(PostProcessor.NMKD_SIAX, new Upscaler("NMKD_Siax", 4)));
    }

    @Test
    void whatComesIntoTheFoldersIsSeenAndWhatDoesNotChangeIsNotReadAgain() throws IOException {
        assertThat(look().processors().there()).isEmpty();
        assertThat(folders.look()).isEmpty();
        upscaler("x4", "RealESRGAN_x4plus");
        assertThat(look().processors().there()).hasSize(1);
        assertThat(folders.look()).isEmpty();
        Path net = Files.createDirectories(nets.resolve("sd-controlnet-canny"));
        assertThat(folders.look()).as("nothing in it yet").isEmpty();
        Files.createFile(net.resolve("diffusion_pytorch_model.safetensors"));
        assertThat(look().nets().there()).isEqualTo(Map.of(ControlType.CANNY, "sd-controlnet-canny"));
    }

    @Test
    void withoutTheFoldersThereIsNothing() {
        SkillFolders none = new SkillFolders(
                new SkillSettings(Offering.ALL, Offering.ALL, home.resolve("no"), home.resolve("none"), HEAP));
        assertThat(none.look()).contains(new Skills(PostProcessors.NONE, ControlNets.NONE, HEAP));
    }

    @Test
    void theOrderIsTheRequestersAndWhatNobodyKnowsIsPassedOver() {
        assertThat(TWO.chain(List.of("RealESRGAN_x2plus", "sparkle", "nmkd_siax"), 256, 256, 1, HEAP))
                .isEqualTo(new Chain.Steps(List.of("two", "siax")));
        assertThat(TWO.chain(List.of(), 3072, 3072, 20, 1)).isEqualTo(new Chain.Steps(List.of()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CodeFormers | 512 | 1 | mends faces, which Drover cannot do",
                "strip_background | 512 | 1 | takes the background away, which Drover cannot do",
                "4xNomos2_hq_dat2 | 512 | 1 | is a DAT network, which Drover cannot run",
                "RealESRGAN_x4plus | 512 | 1 | is not in drover.upscalers-dir",
                "NMKD_Siax | 4160 | 1 | a WebP picture has at most 16383 pixels a side",
                "NMKD_Siax | 1024 | 1 | drover.nodes.heap is too small",
                "NMKD_Siax | 960 | 2 | drover.nodes.heap is too small",
            })
    void whatCannotBeDoneHasAReason(String name, int side, int pictures, String why) {
        assertThat(TWO.chain(List.of(name), side, side, pictures, HEAP))
                .isInstanceOfSatisfying(
                        Chain.Impossible.class,
                        impossible -> assertThat(impossible.why()).contains(why));
    }

    @Test
    void whatFitsIntoTheHeapIsEnlarged() {
        int side = PostProcessors.longestSide(HEAP);
        assertThat(side).isEqualTo(971);
        assertThat(TWO.chain(List.of("NMKD_Siax"), side, side, 1, HEAP)).isInstanceOf(Chain.Steps.class);
        assertThat(TWO.chain(List.of("NMKD_Siax"), side + 1, side + 1, 1, HEAP)).isInstanceOf(Chain.Impossible.class);
        assertThat(PostProcessors.longestSide(1L << 40)).isEqualTo(4095);
    }

    @Test
    void fiveAreMoreThanTheEngineTakes() {
        assertThat(TWO.chain(List.of("NMKD_Siax", "NMKD_Siax", "NMKD_Siax", "NMKD_Siax", "NMKD_Siax"), 8, 8, 1, HEAP))
                .isInstanceOf(Chain.Impossible.class);
    }

    @Test
    void allOfWhatMayBeAskedForOrSomeOfIt() {
        Set<String> granted = Set.of("img2img", "NMKD_Siax", "RealESRGAN_x2plus");
        assertThat(TWO.missing(granted)).isEmpty();
        assertThat(TWO.offered(Offering.ALL, granted)).isTrue();
        assertThat(TWO.offered(Offering.ALL, Set.of("NMKD_Siax", "GFPGAN"))).isFalse();
        assertThat(TWO.offered(Offering.ALL, Set.of()))
                .as("nobody knows what is granted")
                .isFalse();
        assertThat(TWO.missing(Set.of())).hasSize(PostProcessor.values().length - 2);
        assertThat(TWO.offered(Offering.SOME, Set.of("GFPGAN"))).isTrue();
        assertThat(TWO.offered(Offering.OFF, granted)).isFalse();
        assertThat(PostProcessors.NONE.offered(Offering.ALL, Set.of("img2img"))).isFalse();
        assertThat(PostProcessors.NONE.offered(Offering.SOME, granted)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "canny, CANNY",
        "control_v11p_sd15_canny, CANNY",
        "control_canny-fp16, CANNY",
        "sd-controlnet-hed, HED",
        "control_v11p_sd15_softedge, HED",
        "control_v11f1p_sd15_depth, DEPTH",
        "control_v11p_sd15_normalbae, NORMAL",
        "sd-controlnet-normal, NORMAL",
        "Control_V11p_SD15_OpenPose_fp16, OPENPOSE",
        "control_v11p_sd15_seg, SEG",
        "control_v11p_sd15_mlsd, HOUGH",
        "controlnet11Models_scribble, SCRIBBLE",
        "control_v11p_sd15_lineart, ",
        "controlnet-canny-sdxl-1.0, ",
        "control_sd21_canny, ",
        "t2iadapter_canny_sd15v2, ",
        "diff_control_sd15_canny_fp16, ",
        "my canny model, ",
        "cannyedge, ",
    })
    void controlNetsAreKnownByTheirUsualNames(String file, @Nullable ControlType type) {
        Map<ControlType, String> found =
                ControlNets.look(List.of(Path.of(file + ".safetensors"))).there();
        if (type == ControlType.SCRIBBLE) {
            assertThat(found).containsOnlyKeys(ControlType.SCRIBBLE, ControlType.FAKE_SCRIBBLES);
        } else if (type == null) {
            assertThat(found).isEmpty();
        } else {
            assertThat(found).containsOnly(Map.entry(type, file));
        }
    }

    @Test
    void ofSeveralTheNewerOneIsTaken() {
        List<Path> files = List.of(
                Path.of("canny.safetensors"),
                Path.of("sd-controlnet-canny"),
                Path.of("control_v11p_sd15_canny.safetensors"),
                Path.of("control_canny-fp16.safetensors"));
        assertThat(ControlNets.look(files).there().get(ControlType.CANNY)).isEqualTo("control_v11p_sd15_canny");
        assertThat(ControlNets.look(files.reversed()).there().get(ControlType.CANNY))
                .isEqualTo("control_v11p_sd15_canny");
    }

    @Test
    void whatAControlNetIsShownHasToBeMadeOrToBeThere() {
        ControlNets some = new ControlNets(Map.of(ControlType.CANNY, "c", ControlType.DEPTH, "d"));
        assertThat(some.following("canny", false, false)).isEqualTo(new Following.With("c", ControlUse.Type.CANNY));
        assertThat(some.following("Canny", true, false)).isEqualTo(new Following.With("c", ControlUse.Type.NONE));
        assertThat(some.following("depth", true, false)).isEqualTo(new Following.With("d", ControlUse.Type.NONE));
        assertThat(some.following("depth", false, false)).isInstanceOf(Following.Impossible.class);
        assertThat(some.following("seg", true, false)).isInstanceOf(Following.Impossible.class);
        assertThat(some.following("x-ray", true, false)).isInstanceOf(Following.Impossible.class);
        assertThat(ControlNets.NONE.following("canny", false, true))
                .as("a map needs no ControlNet")
                .isEqualTo(new Following.With("canny", ControlUse.Type.CANNY));
    }

    @Test
    void notAllTypesCanBeOfferedYet() {
        ControlNets all = ControlNets.look(List.of(
                Path.of("canny"),
                Path.of("hed"),
                Path.of("depth"),
                Path.of("normal"),
                Path.of("openpose"),
                Path.of("seg"),
                Path.of("scribble"),
                Path.of("mlsd")));
        assertThat(all.missing()).isEmpty();
        assertThat(all.offered(Offering.ALL)).isFalse();
        assertThat(all.offered(Offering.SOME)).isTrue();
        assertThat(all.offered(Offering.OFF)).isFalse();
        assertThat(ControlNets.NONE.offered(Offering.SOME)).isFalse();
        assertThat(ControlNets.withoutAnnotator()).hasSize(8);
    }

    @Test
    void eachNameOfTheHordeIsFoundAgain() {
        for (PostProcessor each : PostProcessor.values()) {
            assertThat(PostProcessor.named(each.hordeName())).isEqualTo(Optional.of(each));
        }
        for (ControlType each : ControlType.values()) {
            assertThat(ControlType.named(each.hordeName())).isEqualTo(Optional.of(each));
        }
    }
}

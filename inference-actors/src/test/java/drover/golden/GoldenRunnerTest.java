package drover.golden;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import drover.diffusion.BundledModel;
import drover.diffusion.Fixtures;
import drover.golden.GoldenResult.Verdict;
import drover.graph.TorchOptions;
import drover.weights.SafeTensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoldenRunnerTest {
    @TempDir
    Path folder;

    @Test
    void everyStableDiffusionCasePasses() {
        List<GoldenResult> results = run(Fixtures.path("sd15"));
        assertThat(results).filteredOn(r -> r.verdict() != Verdict.SKIPPED).allMatch(r -> r.verdict() == Verdict.PASS);
        assertThat(casesOf(results))
                .contains(
                        "goldens/tokenizer/tokenizer.json",
                        "goldens/text_encoder",
                        "goldens/unet_forward",
                        "goldens/unet_forward_odd_size",
                        "goldens/vae",
                        "goldens/txt2img_ddim",
                        "goldens/txt2img_euler",
                        "goldens/txt2img_ddim_clipskip2",
                        "goldens/img2img_ddim",
                        "goldens/img2img_euler",
                        "goldens/inpaint_ddim",
                        "goldens/inpaint_ddim_partial_strength",
                        "goldens/inpaint_euler");
        assertThat(results)
                .filteredOn(r -> r.verdict() == Verdict.SKIPPED)
                .allMatch(r -> r.tensor().startsWith("debug.") || r.tensor().equals("tokens"));
        assertThat(GoldenRunner.exitCode(results)).isEqualTo(GoldenRunner.ALL_PASS);
    }

    @Test
    void everyCaseOfSdxlPasses() {
        List<GoldenResult> results = run(Fixtures.path("sdxl"));
        assertThat(results).filteredOn(r -> r.verdict() != Verdict.SKIPPED).allMatch(r -> r.verdict() == Verdict.PASS);
        assertThat(casesOf(results))
                .containsExactly(
                        "goldens/img2img_euler",
                        "goldens/text_encoders",
                        "goldens/tokenizer/tokenizer.json",
                        "goldens/tokenizer/tokenizer_2.json",
                        "goldens/tokenizer/tokenizer_2_openclip.json",
                        "goldens/txt2img_ddim_sizes",
                        "goldens/txt2img_euler",
                        "goldens/txt2img_euler_empty_negative",
                        "goldens/txt2img_euler_no_negative",
                        "goldens/unet_forward",
                        "goldens/unet_forward_odd_size",
                        "goldens/vae");
        assertThat(GoldenRunner.exitCode(results)).isEqualTo(GoldenRunner.ALL_PASS);
    }

    @Test
    void everyCaseOfTheInpaintingNetworkPasses() {
        List<GoldenResult> results = run(Fixtures.path("sd15-inpaint"));
        assertThat(results).filteredOn(r -> r.verdict() != Verdict.SKIPPED).allMatch(r -> r.verdict() == Verdict.PASS);
        assertThat(casesOf(results))
                .containsExactly(
                        "goldens/inpaint_ddim",
                        "goldens/inpaint_ddim_partial_strength",
                        "goldens/inpaint_euler",
                        "goldens/unet_forward");
    }

    @Test
    void everyCaseOfLorasPasses() {
        List<GoldenResult> results = run(Fixtures.path("lora"));
        assertThat(results).allMatch(r -> r.verdict() == Verdict.PASS);
        assertThat(results).hasSize(7 * 2 + 3 * 3);
    }

    @Test
    void everyCaseOfUpscalersPassesUnderBothSetsOfNames() {
        List<GoldenResult> results = run(Fixtures.path("upscaler"));
        assertThat(results)
                .filteredOn(r -> r.verdict() != Verdict.SKIPPED)
                .hasSize(3)
                .allMatch(r -> r.verdict() == Verdict.PASS);
    }

    @Test
    void theSafetyCheckerSeesAndJudgesAsTheReferenceDoes() {
        List<GoldenResult> results = run(Fixtures.path("safety"));
        assertThat(results).hasSize(6).allMatch(r -> r.verdict() == Verdict.PASS);
    }

    @Test
    void everyCaseOfControlNetsPassesUnderBothSetsOfNames() {
        List<GoldenResult> results = run(Fixtures.path("controlnet"));
        assertThat(results).filteredOn(r -> r.verdict() != Verdict.SKIPPED).allMatch(r -> r.verdict() == Verdict.PASS);
        assertThat(results).filteredOn(r -> r.tensor().equals("output.eps")).hasSize(2);
        assertThat(casesOf(results)).containsExactly("goldens/forward", "goldens/txt2img_ddim");
    }

    @Test
    void everySingleFileCasePasses() {
        List<GoldenResult> results = run(Fixtures.path("single-file"));
        assertThat(results).hasSize(4).allMatch(r -> r.verdict() == Verdict.PASS);
    }

    @Test
    void theBundledModelDrawsWhatTheReferenceDraws() throws IOException {
        Path model = BundledModel.unpack(folder);
        copy(Fixtures.path("emoji-diffusion/goldens"), model.resolve("goldens"));
        List<GoldenResult> results = run(model);
        assertThat(results).allMatch(r -> r.verdict() == Verdict.PASS);
        assertThat(casesOf(results)).hasSize(4);
        // Ids, embeddings, twenty steps and the picture, raw and finished.
        assertThat(results).hasSize(4 * (2 + 1 + 20 + 2));
    }

    @Test
    void everySamplerCasePasses() {
        List<GoldenResult> results = run(Fixtures.path("samplers"));
        assertThat(results).allMatch(r -> r.verdict() == Verdict.PASS);
        assertThat(casesOf(results))
                .containsExactly(
                        "DDIM",
                        "DDIM_diffusers",
                        "denoiser",
                        "dpmsolver",
                        "dpmsolver_diffusers_dpm2",
                        "dpmsolver_diffusers_pp2m",
                        "k_dpm_2",
                        "k_dpm_2_a",
                        "k_dpm_adaptive",
                        "k_dpm_fast",
                        "k_dpmpp_2m",
                        "k_dpmpp_2s_a",
                        "k_dpmpp_sde",
                        "k_euler",
                        "k_euler_a",
                        "k_heun",
                        "k_lms",
                        "lcm",
                        "lcm_diffusers",
                        "uni_pc_bh2_diffusers");
    }

    @Test
    void aCaseMayBeAskedForAlone() {
        List<GoldenResult> results = run(Fixtures.path("sd15/goldens/vae"));
        assertThat(casesOf(results)).containsExactly("vae");
        assertThat(results).anyMatch(r -> r.verdict() == Verdict.PASS);
    }

    @Test
    void aWrongNumberFails() throws IOException {
        Path file = copySampler().resolve("tensors.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 2] ^= 0x40;
        Files.write(file, bytes);
        List<GoldenResult> results = run(folder);
        assertThat(results)
                .filteredOn(r -> r.verdict() == Verdict.FAIL)
                .hasSize(1)
                .allSatisfy(r -> {
                    assertThat(r.maxAbsError()).isGreaterThan(r.tolerance());
                    assertThat(r.line()).startsWith("FAIL").contains("output.", "abs", "tolerance");
                });
        assertThat(GoldenRunner.exitCode(results)).isEqualTo(GoldenRunner.SOME_FAIL);
    }

    @Test
    void notANumberFailsOnEitherSide() throws IOException {
        for (float golden : new float[] {Float.NaN, 1}) {
            mixtureCase(golden == 1 ? Float.NaN : 0.5f, golden, List.of(1L, 1L), 100);
            List<GoldenResult> results = run(folder);
            assertThat(results).singleElement().satisfies(r -> {
                assertThat(r.verdict()).isEqualTo(Verdict.FAIL);
                assertThat(r.note()).contains("1 of 1 numbers are not finite");
            });
        }
    }

    @Test
    void aWrongShapeFails() throws IOException {
        mixtureCase(0.5f, 0, List.of(2L), 100);
        assertThat(run(folder)).singleElement().satisfies(r -> {
            assertThat(r.verdict()).isEqualTo(Verdict.FAIL);
            assertThat(r.note()).contains("expected [2]");
        });
    }

    @Test
    void anOutputWithoutToleranceFails() throws IOException {
        change(
                copySampler(),
                json -> ((ObjectNode) json.at("/tensors/output.karras_5.trajectory")).remove("tolerance_abs"));
        assertThat(run(folder))
                .filteredOn(r -> r.verdict() == Verdict.FAIL)
                .singleElement()
                .satisfies(r -> assertThat(r.note()).contains("no tolerance_abs"));
    }

    @Test
    void anOutputThatNobodyComputesIsNotSupported() throws IOException {
        change(copySampler(), json -> ((ObjectNode) json.get("runs")).remove("karras_5"));
        List<GoldenResult> results = run(folder);
        assertThat(results)
                .filteredOn(r -> r.verdict() == Verdict.NOT_SUPPORTED)
                .singleElement()
                .satisfies(r -> assertThat(r.tensor()).isEqualTo("output.karras_5.trajectory"));
        assertThat(GoldenRunner.exitCode(results)).isEqualTo(GoldenRunner.NOT_SUPPORTED);
    }

    @Test
    void anOutputThatTheFileLacksFails() throws IOException {
        change(
                copySampler(),
                json -> ((ObjectNode) json.get("tensors"))
                        .putObject("output.more")
                        .put("tolerance_abs", 1));
        assertThat(run(folder))
                .filteredOn(r -> r.verdict() == Verdict.FAIL)
                .singleElement()
                .satisfies(r -> assertThat(r.note()).contains("lacks it"));
    }

    @Test
    void strangeKindsSamplersSchedulersAndFilesAreNotSupported() throws IOException {
        change(copySampler("a"), json -> ((ObjectNode) json).put("kind", "wan_pipeline"));
        change(copySampler("b"), json -> ((ObjectNode) json).put("sampler", "k_magic"));
        copy(Fixtures.path("sd15/goldens/txt2img_ddim"), folder.resolve("c"));
        change(folder.resolve("c"), json -> ((ObjectNode) json.get("scheduler")).put("class", "PNDMScheduler"));
        copy(Fixtures.path("sd15/goldens/txt2img_ddim"), folder.resolve("d"));
        change(
                folder.resolve("d"),
                json -> ((ObjectNode) json.at("/scheduler/config")).put("prediction_type", "sample"));
        Files.createDirectories(folder.resolve("goldens"));
        Files.writeString(folder.resolve("goldens/tokens.json"), "{\"rows\":[{\"text\":\"\",\"ids_77\":[]}]}");
        Files.writeString(folder.resolve("goldens/else.json"), "{}");
        List<GoldenResult> results = run(folder);
        assertThat(results).hasSize(6).allMatch(r -> r.verdict() == Verdict.NOT_SUPPORTED);
        assertThat(results.stream().map(GoldenResult::note).collect(Collectors.joining("\n")))
                .contains("wan_pipeline", "k_magic", "PNDMScheduler", "prediction_type is sample", "no known form");
        assertThat(GoldenRunner.exitCode(results)).isEqualTo(GoldenRunner.NOT_SUPPORTED);
    }

    @Test
    void damagedCasesFailAndTheOthersStillRun() throws IOException {
        copySampler("good");
        Path cut = copySampler("cut").resolve("tensors.safetensors");
        Files.write(cut, SafeTensorsFile.withoutLast(Files.readAllBytes(cut), 5));
        Files.delete(copySampler("gone").resolve("tensors.safetensors"));
        Files.writeString(copySampler("nojson").resolve("case.json"), "{");
        Files.writeString(copySampler("nokind").resolve("case.json"), "{}");
        change(copySampler("nosigmas"), json -> ((ObjectNode) json.at("/runs/karras_5")).put("sigmas", "none"));
        copy(Fixtures.path("sd15/goldens/vae"), folder.resolve("nomodel"));
        List<GoldenResult> results = run(folder);
        Map<String, String> failures = new TreeMap<>();
        results.stream().filter(r -> r.verdict() == Verdict.FAIL).forEach(r -> failures.put(r.caseName(), r.note()));
        assertThat(failures).containsOnlyKeys("cut", "gone", "nojson", "nokind", "nosigmas", "nomodel");
        assertThat(failures.get("cut")).contains("is cut short");
        assertThat(failures.get("nokind")).contains("kind is missing");
        assertThat(failures.get("nomodel")).contains("no folder above the case holds the part vae");
        assertThat(results).filteredOn(r -> r.caseName().equals("good")).allMatch(r -> r.verdict() == Verdict.PASS);
        assertThat(GoldenRunner.exitCode(results)).isEqualTo(GoldenRunner.SOME_FAIL);
    }

    @Test
    void aTokenizerThatDisagreesFails() throws IOException {
        copy(Fixtures.path("sd15/tokenizer"), folder.resolve("tokenizer"));
        Files.createDirectories(folder.resolve("goldens"));
        Files.writeString(
                folder.resolve("goldens/tokenizer.json"),
                "{\"rows\":[{\"text\":\"\",\"ids_untruncated_with_bos_eos\":[912,912],\"ids_5\":[1]}]}");
        List<GoldenResult> results = run(folder);
        assertThat(results).extracting(GoldenResult::verdict).containsExactly(Verdict.FAIL, Verdict.NOT_SUPPORTED);
        assertThat(results.getFirst().maxAbsError()).isEqualTo(1);
    }

    @Test
    void nothingToRunIsNoSuccess() {
        assertThat(run(folder)).isEmpty();
        assertThat(GoldenRunner.exitCode(List.of())).isEqualTo(GoldenRunner.NOT_SUPPORTED);
        assertThat(run(folder.resolve("gone")))
                .singleElement()
                .satisfies(r -> assertThat(r.verdict()).isEqualTo(Verdict.FAIL));
    }

    private static List<GoldenResult> run(Path where) {
        List<GoldenResult> heard = new ArrayList<>();
        List<GoldenResult> results = new GoldenRunner(TorchOptions.cpu(1)).run(where, heard::add);
        assertThat(heard).isEqualTo(results);
        return results;
    }

    private static List<String> casesOf(List<GoldenResult> results) {
        return results.stream().map(GoldenResult::caseName).distinct().toList();
    }

    private Path copySampler() throws IOException {
        return copySampler("case");
    }

    private Path copySampler(String name) throws IOException {
        copy(Fixtures.path("samplers/k_euler"), folder.resolve(name));
        return folder.resolve(name);
    }

    /** One point in one dimension, one component of no width: whatever the point, the answer is the mean. */
    private void mixtureCase(float mean, float golden, List<Long> goldenShape, double tolerance) throws IOException {
        Files.writeString(
                folder.resolve("case.json"),
                "{\"kind\":\"analytic_denoiser\",\"pi\":[1],\"s\":[1e-9],\"tensors\":{\"output.D\":{\"tolerance_abs\":%s}}}"
                        .formatted(tolerance));
        float[] goldens =
                new float[goldenShape.stream().mapToInt(Long::intValue).reduce(1, (a, b) -> a * b)];
        Arrays.fill(goldens, golden);
        new SafeTensorsFile()
                .floats("input.mu", List.of(1L, 1L), mean)
                .floats("input.x", List.of(1L, 1L), 3)
                .floats("input.sigma", List.of(1L), 1)
                .floats("output.D", goldenShape, goldens)
                .write(folder.resolve("tensors.safetensors"));
    }

    private static void change(Path caseFolder, Consumer<JsonNode> edit) throws IOException {
        JsonNode json = Fixtures.json(caseFolder.resolve("case.json"));
        edit.accept(json);
        Files.writeString(caseFolder.resolve("case.json"), json.toString());
    }

    private static void copy(Path source, Path target) throws IOException {
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = target.resolve(source.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
    }
}

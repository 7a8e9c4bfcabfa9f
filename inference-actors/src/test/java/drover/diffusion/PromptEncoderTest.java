package drover.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.graph.TorchOptions;
import drover.inference.EngineException;
import drover.weights.SafeTensors;
import drover.weights.SafeTensorsFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Emphasis and length of prompts, on the tiny checkpoints. */
class PromptEncoderTest {
    private static final String PROMPT = "a photograph of an astronaut riding a horse";
    private static final int LENGTH = 77;

    private static Torch torch;
    private static StableDiffusion one;
    private static StableDiffusion xl;

    @BeforeAll
    static void load() throws Exception {
        torch = new Torch(TorchOptions.cpu(2));
        one = load("sd15");
        xl = load("sdxl");
    }

    private static StableDiffusion load(String fixture) throws EngineException {
        return StableDiffusion.load(torch, ModelSource.at(Fixtures.path(fixture)), DataType.FLOAT32, (bytes, of) -> {});
    }

    @AfterAll
    static void free() {
        one.close();
        xl.close();
        assertThat(torch.liveHandles()).as("native objects left behind").isZero();
        torch.close();
    }

    @Test
    void aWeightOfOneChangesNothing() throws Exception {
        for (StableDiffusion model : new StableDiffusion[] {one, xl}) {
            float[] plain = states(model, PROMPT, "low quality");
            assertThat(states(model, "(" + PROMPT + ":1.0)", "(low:1) quality")).isEqualTo(plain);
            assertThat(states(model, "a photograph of (an astronaut:1) riding a horse", "low quality"))
                    .isEqualTo(plain);
        }
    }

    @Test
    void aWeightMovesItsWordsAlongTheLineFromTheEmptyPrompt() throws Exception {
        float[] empty = states(one, "", "");
        float[] plain = states(one, PROMPT, "");
        float[] heavy = states(one, "a photograph of an astronaut riding (a horse:1.5)", "");
        int width = plain.length / (2 * LENGTH);
        int positive = LENGTH * width;
        // Begin, and the words before, are as they were; "a horse" is half as far again from the empty prompt.
        int last = positive;
        while (heavy[last] == plain[last]) {
            last++;
        }
        assertThat(last).isGreaterThan(positive + width);
        int moved = 0;
        for (int i = positive; i < plain.length; i++) {
            if (heavy[i] != plain[i]) {
                assertThat(heavy[i]).isEqualTo((plain[i] - empty[i]) * 1.5f + empty[i]);
                moved++;
            }
        }
        assertThat(moved).isBetween(width, 16 * width);
    }

    @Test
    void longPromptsAreEncodedInPartsAndShortOnesAreRepeatedBesideThem() throws Exception {
        String words = "horse ".repeat(40);
        for (StableDiffusion model : new StableDiffusion[] {one, xl}) {
            float[] plain = states(model, PROMPT, "low quality");
            int row = plain.length / 2;
            float[] two = states(model, PROMPT + " BREAK " + PROMPT, "low quality");
            assertThat(two).hasSize(2 * plain.length);
            assertThat(Arrays.copyOfRange(two, 0, row)).isEqualTo(Arrays.copyOfRange(two, row, 2 * row));
            assertThat(Arrays.copyOfRange(two, 2 * row, 3 * row)).isEqualTo(Arrays.copyOfRange(two, 3 * row, 4 * row));
            closeTo(Arrays.copyOfRange(two, 2 * row, 3 * row), Arrays.copyOfRange(plain, row, 2 * row));
            assertThat(states(model, words + words + words, "low quality").length)
                    .isGreaterThan(2 * plain.length - 1)
                    .isEqualTo(states(model, words + words + words, "").length);
        }
    }

    @Test
    void aPromptOfExactlyOneLengthStaysOne() throws Exception {
        // One token each, so that 75 of them fill what is between begin and end.
        String word = shortest();
        assertThat(states(one, (word + " ").repeat(75), "")).hasSize(states(one, PROMPT, "").length);
        assertThat(states(one, (word + " ").repeat(76), "")).hasSize(2 * states(one, PROMPT, "").length);
    }

    private static String shortest() {
        for (String word : new String[] {"a", "the", "of", "i", "x"}) {
            if (one.prompts().tokenizer().encodeBare(word).length == 1) {
                return word;
            }
        }
        throw new IllegalStateException("the fixture's vocabulary has no short word");
    }

    @Test
    void severalPicturesGetTheSameWords() throws Exception {
        for (StableDiffusion model : new StableDiffusion[] {one, xl}) {
            float[] single = states(model, PROMPT, "low quality");
            int row = single.length / 2;
            float[] three = states(model, PROMPT, "low quality", 3);
            for (int i = 0; i < 6; i++) {
                assertThat(Arrays.copyOfRange(three, i * row, (i + 1) * row))
                        .isEqualTo(Arrays.copyOfRange(single, i / 3 * row, (i / 3 + 1) * row));
            }
        }
    }

    @Test
    void aVectorInThePlaceOfAWordIsThatWord(@TempDir Path folder) throws Exception {
        String word = shortest();
        for (String fixture : new String[] {"sd15", "sdxl"}) {
            StableDiffusion model = fixture.equals("sd15") ? one : xl;
            int id = Math.toIntExact(model.prompts().tokenizer().encodeBare(word)[0]);
            SafeTensorsFile file = new SafeTensorsFile();
            for (String part :
                    fixture.equals("sd15") ? List.of("text_encoder") : List.of("text_encoder", "text_encoder_2")) {
                float[] row = embedding(Fixtures.path(fixture).resolve(part), id);
                file.floats(part, List.of(2L, (long) row.length), twice(row));
            }
            TextualInversion inversion = TextualInversion.open("me", file.write(folder.resolve(fixture)));
            float[] plain = states(model, "a horse " + word + " " + word + ", red", "", List.of());
            float[] named = states(model, "a horse embedding:me, red", "", List.of(inversion));
            for (int i = 0; i < plain.length; i++) {
                assertThat(named[i]).isCloseTo(plain[i], Offset.offset(1e-5f));
            }
            assertThat(states(model, "a horse (embedding:me:1.5), red", "", List.of(inversion)))
                    .isNotEqualTo(named);
        }
    }

    @Test
    void vectorsForAnotherArchitectureAreRefused(@TempDir Path folder) throws Exception {
        TextualInversion inversion = TextualInversion.open(
                "me",
                new SafeTensorsFile()
                        .floats("emb_params", List.of(1L, 3L), 1, 2, 3)
                        .write(folder.resolve("me")));
        assertThatThrownBy(() -> states(one, "embedding:me", "", List.of(inversion)))
                .isInstanceOf(EngineException.Unsupported.class)
                .hasMessageContaining("another architecture");
        assertThat(TextualInversion.mentioned("a (embedding:x/y-1:1.2), embedding:z. noembedding:q"))
                .containsExactly("x/y-1", "z");
    }

    @Test
    void aFileSaysForWhichEncodersItIs(@TempDir Path folder) throws Exception {
        Path both = new SafeTensorsFile()
                .floats("clip_g", List.of(1L, 3L), 1, 2, 3)
                .floats("clip_l", List.of(2L, 2L), 1, 2, 3, 4)
                .floats("a.whole.layer", List.of(1L, 1L, 2L), 1, 2)
                .write(folder.resolve("both"));
        assertThat(TextualInversion.widths(both)).containsExactly(2, 3);
        Path none = new SafeTensorsFile()
                .floats("lora_up", List.of(1L, 2L, 1L), 1, 2)
                .write(folder.resolve("none"));
        assertThat(TextualInversion.widths(none)).isEmpty();
    }

    private static float[] twice(float[] row) {
        float[] both = Arrays.copyOf(row, 2 * row.length);
        System.arraycopy(row, 0, both, row.length, row.length);
        return both;
    }

    private static float[] embedding(Path part, int id) throws Exception {
        try (NativeScope scope = torch.open("test");
                SafeTensors stored = SafeTensors.open(part.resolve("model.safetensors"))) {
            NDArray table =
                    stored.load(scope.manager(), "text_model.embeddings.token_embedding.weight", DataType.FLOAT32);
            int width = Math.toIntExact(table.getShape().get(1));
            return Arrays.copyOfRange(table.toFloatArray(), id * width, (id + 1) * width);
        }
    }

    private static float[] states(
            StableDiffusion model, String prompt, String negative, List<TextualInversion> inversions)
            throws EngineException {
        Prompts prompts = new Prompts(prompt, Optional.of(negative), 5, 1, inversions);
        try (NativeScope scope = torch.open("test");
                Conditioning conditioning = model.condition(prompts, model.latentSize(64, 64))) {
            return scope.toFloats(conditioning.context());
        }
    }

    private static float[] states(StableDiffusion model, String prompt, String negative) throws EngineException {
        return states(model, prompt, negative, 1);
    }

    private static float[] states(StableDiffusion model, String prompt, String negative, int pictures)
            throws EngineException {
        Prompts prompts = new Prompts(prompt, Optional.of(negative), 5, 1);
        try (NativeScope scope = torch.open("test");
                Conditioning conditioning = model.condition(prompts, model.latentSize(64, 64), pictures)) {
            return scope.toFloats(conditioning.context());
        }
    }

    /** Another batch may sum in another order. */
    private static void closeTo(float[] actual, float[] expected) {
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], Offset.offset(1e-5f));
        }
    }
}

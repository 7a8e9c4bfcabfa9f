package drover.http;

import static org.assertj.core.api.Assertions.assertThat;

import drover.inference.ImageRequest;
import drover.inference.Sampler;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever is sent, it becomes a valid order or a problem of the 400s. */
class RequestProperties {
    private static final ModelDefaults.Defaults EMOJI =
            new ModelDefaults.Defaults("emoji", 32, 32, 8, 20, Sampler.DDIM, 7.5, 1);

    private final RequestCheck check = new RequestCheck(
            RequestLimits.DEFAULTS,
            new ModelDefaults() {
                @Override
                public Optional<Defaults> byName(String name) {
                    return Optional.of(EMOJI).filter(m -> name.equals(m.model()));
                }

                @Override
                public Optional<Defaults> defaultModel() {
                    return Optional.of(EMOJI);
                }

                @Override
                public List<String> names() {
                    return List.of("emoji");
                }
            },
            () -> 7,
            Optional.empty(),
            true);

    @Provide
    Arbitrary<String> bodies() {
        Arbitrary<String> names = Arbitraries.of(
                "prompt",
                "model",
                "width",
                "height",
                "steps",
                "sampler",
                "karras",
                "cfg_scale",
                "seed",
                "clip_skip",
                "count",
                "format",
                "quality",
                "priority",
                "deadline_seconds",
                "fault",
                "negative_prompt",
                "other",
                "");
        Arbitrary<String> values = Arbitraries.oneOf(
                Arbitraries.integers().between(-3, 70).map(Object::toString),
                Arbitraries.longs().map(Object::toString),
                Arbitraries.doubles().map(Object::toString),
                Arbitraries.of(
                        "null",
                        "true",
                        "[]",
                        "{}",
                        "[[[[[[[[[[1]]]]]]]]]]",
                        "1e400",
                        "-0",
                        "\"emoji\"",
                        "\"DDIM\"",
                        "\"high\"",
                        "\"webp\"",
                        "{\"kind\":\"throw\",\"phase\":\"denoising\"}",
                        "\"\\udc00\""),
                Arbitraries.strings().ofMaxLength(20).map(s -> "\"" + s + "\""));
        return Combinators.combine(names, values)
                .as((name, value) -> "\"" + name + "\":" + value)
                .list()
                .ofMaxSize(8)
                .map(fields -> fields.stream().collect(Collectors.joining(",", "{\"prompt\":\"x\",", "}")))
                .map(body -> body.replace(",}", "}"));
    }

    private void accepts(byte[] body) {
        try {
            ImageRequest request = check.check(JobRequestReader.read(body)).request();
            assertThat((long) request.width() * request.height())
                    .isLessThanOrEqualTo(RequestLimits.DEFAULTS.maxPixels());
            assertThat(request.width() % EMOJI.sizeMultiple()).isZero();
        } catch (ProblemException e) {
            assertThat(e.problem().status()).isBetween(400, 499);
            assertThat(e.detail()).isNotBlank();
            assertThat(Answers.problem(e, Optional.of("/v1/jobs")).status().intValue())
                    .isEqualTo(e.problem().status());
        }
    }

    @Property(tries = 1000)
    void objectsOfAnyFields(@ForAll("bodies") String body) {
        accepts(body.getBytes(StandardCharsets.UTF_8));
    }

    @Property(tries = 300)
    void anyBytes(@ForAll byte[] body) {
        accepts(body);
    }

    @Property(tries = 300)
    void anyText(@ForAll String body) {
        accepts(body.getBytes(StandardCharsets.UTF_8));
    }
}

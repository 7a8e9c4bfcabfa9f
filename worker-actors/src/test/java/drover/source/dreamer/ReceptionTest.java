package drover.source.dreamer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import drover.horde.HordeJson;
import drover.horde.ImagePopAnswer;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReceptionTest {
    private final KnownIds known = new KnownIds();

    private Reception received(String answer) throws JsonProcessingException {
        return Reception.of(
                HordeJson.mapper().readValue(answer, ImagePopAnswer.class), List.of("Deliberate", "Other"), known);
    }

    private static String job(String model, String... ids) {
        String uploads = "\"https://s/x?sig=1\", ".repeat(ids.length);
        return """
                {"ids": ["%s"], "model": "%s", "ttl": 150, "payload": {"prompt": "p"}, "r2_uploads": [%s]}
                """.formatted(String.join("\", \"", ids), model, uploads.substring(0, uploads.length() - 2));
    }

    @Test
    void noIdIsNoJob() throws Exception {
        assertThat(received("{}")).isEqualTo(new Reception.Nothing());
    }

    @Test
    void whatWasOfferedIsTaken() throws Exception {
        assertThat(received(job("Other", "a", "b")))
                .isInstanceOfSatisfying(
                        Reception.Take.class,
                        take -> assertThat(take.job().ids()).containsExactly("a", "b"));
    }

    @Test
    void whatWasNotOfferedIsFaultedAtOnce() throws Exception {
        assertThat(received(job("deliberate", "a", "b")))
                .isEqualTo(new Reception.Refuse(List.of("a", "b"), "the model deliberate was not offered"));
        assertThat(received(job("x".repeat(5000), "a")))
                .isInstanceOfSatisfying(
                        Reception.Refuse.class,
                        refuse -> assertThat(refuse.why()).hasSizeLessThan(200));
    }

    @Test
    void whatLacksSomethingIsFaultedAtOnce() throws Exception {
        assertThat(received("{\"ids\": [\"a\", \"b\"], \"model\": \"Other\", \"ttl\": 0, \"payload\": {}}"))
                .isInstanceOfSatisfying(Reception.Refuse.class, refuse -> {
                    assertThat(refuse.ids()).containsExactly("a", "b");
                    assertThat(refuse.why()).contains("ttl", "prompt", "0 upload addresses for 2 pictures");
                });
    }

    @Test
    void whatIsInHandIsNotFaultedBecauseItIsHandedOutAgain() throws Exception {
        known.taken(List.of("a"));
        assertThat(received(job("Other", "a", "b")))
                .isEqualTo(new Reception.Refuse(List.of("b"), "the Horde has handed out a picture of it before"));
        assertThat(received("{\"ids\": [\"a\"]}"))
                .isInstanceOfSatisfying(
                        Reception.Refuse.class,
                        refuse -> assertThat(refuse.ids()).isEmpty());
    }

    @Test
    void whatWasAnsweredIsNotDrawnAgain() throws Exception {
        known.taken(List.of("a"));
        known.answered(List.of("a"));
        assertThat(received(job("Other", "a")))
                .isInstanceOfSatisfying(
                        Reception.Refuse.class,
                        refuse -> assertThat(refuse.ids()).containsExactly("a"));
    }

    @Test
    void whatIsRememberedIsBounded() {
        known.taken(List.of("held"));
        List<String> many =
                IntStream.range(0, 5_000).mapToObj(Integer::toString).toList();
        many.forEach(id -> known.answered(List.of(id)));
        assertThat(known.came("held")).isTrue();
        assertThat(known.came("4999")).isTrue();
        assertThat(many.stream().filter(known::came)).hasSize(2_000);
    }
}

package drover.horde;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where an order is. */
public final class OrderStatus {
    private OrderStatus() {}

    /**
     * An order of pictures, or of texts, without them; may be asked for often.
     *
     * @param finished pictures that are there
     * @param processing that a worker has
     * @param restarted that a worker had and did not finish
     * @param waiting that no worker has
     * @param done whether nothing more comes
     * @param faulted whether it failed
     * @param waitTime seconds until it is done, as the server thinks
     * @param queuePosition among all orders
     * @param kudos what it has cost
     * @param isPossible whether any worker there is can do it
     */
    public record Check(
            int finished,
            int processing,
            int restarted,
            int waiting,
            boolean done,
            boolean faulted,
            int waitTime,
            int queuePosition,
            double kudos,
            boolean isPossible) {}

    /**
     * An order of pictures with what is there; may be asked for ten times a minute.
     *
     * @param generations what is there
     * @param shared whether the pictures may be given to others
     * @param finished see {@link Check}
     * @param processing see {@link Check}
     * @param restarted see {@link Check}
     * @param waiting see {@link Check}
     * @param done see {@link Check}
     * @param faulted see {@link Check}
     * @param waitTime see {@link Check}
     * @param queuePosition see {@link Check}
     * @param kudos see {@link Check}
     * @param isPossible see {@link Check}
     */
    public record Images(
            List<Image> generations,
            Optional<Boolean> shared,
            int finished,
            int processing,
            int restarted,
            int waiting,
            boolean done,
            boolean faulted,
            int waitTime,
            int queuePosition,
            double kudos,
            boolean isPossible) {
        public Images {
            generations = Lists.copy(generations);
        }
    }

    /**
     * A picture.
     *
     * @param id of the picture
     * @param img where it is, or itself in Base64; what the worker sent, so perhaps neither
     * @param seed as text
     * @param model that drew it
     * @param state how it ended
     * @param censored whether it was replaced
     * @param genMetadata worth knowing
     * @param workerId who drew it
     * @param workerName who drew it
     */
    public record Image(
            String id,
            ImageSource img,
            Optional<String> seed,
            Optional<String> model,
            Optional<String> state,
            Optional<Boolean> censored,
            List<GenMetadata> genMetadata,
            Optional<String> workerId,
            Optional<String> workerName) {
        public Image {
            genMetadata = Lists.copy(genMetadata);
        }
    }

    /**
     * An order of texts with what is there.
     *
     * @param generations what is there
     * @param finished see {@link Check}
     * @param processing see {@link Check}
     * @param restarted see {@link Check}
     * @param waiting see {@link Check}
     * @param done see {@link Check}
     * @param faulted see {@link Check}
     * @param waitTime see {@link Check}
     * @param queuePosition see {@link Check}
     * @param kudos see {@link Check}
     * @param isPossible see {@link Check}
     */
    public record Texts(
            List<Text> generations,
            int finished,
            int processing,
            int restarted,
            int waiting,
            boolean done,
            boolean faulted,
            int waitTime,
            int queuePosition,
            double kudos,
            boolean isPossible) {
        public Texts {
            generations = Lists.copy(generations);
        }
    }

    /**
     * A text.
     *
     * @param text the text
     * @param seed a number here
     * @param model that wrote it
     * @param state how it ended
     * @param genMetadata worth knowing
     * @param workerId who wrote it
     * @param workerName who wrote it
     */
    public record Text(
            String text,
            Optional<Long> seed,
            Optional<String> model,
            Optional<String> state,
            List<GenMetadata> genMetadata,
            Optional<String> workerId,
            Optional<String> workerName) {
        public Text {
            genMetadata = Lists.copy(genMetadata);
        }
    }

    /**
     * An order of alchemy.
     *
     * @param state of all of it
     * @param forms of each form
     */
    public record Alchemy(String state, List<AlchemyForm> forms) {
        public Alchemy {
            forms = Lists.copy(forms);
        }
    }

    /**
     * One form.
     *
     * @param form its name
     * @param state such as {@code done}
     * @param result by the form's name
     */
    public record AlchemyForm(String form, String state, Optional<Map<String, JsonNode>> result) {}
}

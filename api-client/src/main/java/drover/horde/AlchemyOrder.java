package drover.horde;

import java.util.List;

/**
 * Orders alchemy on one picture.
 *
 * @param sourceImage its address, or itself in Base64
 * @param forms what to do
 * @param slowWorkers from slow workers as well
 */
public record AlchemyOrder(ImageSource sourceImage, List<Form> forms, boolean slowWorkers) {
    public AlchemyOrder {
        forms = Lists.copy(forms);
    }

    /**
     * One thing to do.
     *
     * @param name such as {@code caption}
     */
    public record Form(String name) {}
}

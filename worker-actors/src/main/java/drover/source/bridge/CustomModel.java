package drover.source.bridge;

/**
 * A model that the model reference does not know. The Horde gives work for such models only to owners with the customizer
 * role.
 *
 * @param name as it is offered
 * @param baseline its family, as the model reference writes it
 * @param filepath where it is: a {@code .safetensors} file, or a diffusers folder
 */
public record CustomModel(String name, String baseline, String filepath) {
    private static final String WEIGHTS = ".safetensors";

    /** What the nodes call it: by its file or folder. */
    public String onNodes() {
        String file = filepath.replaceAll("/+$", "");
        String last = file.substring(file.lastIndexOf('/') + 1);
        return last.endsWith(WEIGHTS) ? last.substring(0, last.length() - WEIGHTS.length()) : last;
    }
}

package drover.source.bridge;

/**
 * A model that the model reference does not know. The Horde gives work for such models only to owners with the customizer
 * role.
 *
 * @param name as it is offered
 * @param baseline its family, as the model reference writes it
 * @param filepath where it is
 */
public record CustomModel(String name, String baseline, String filepath) {}

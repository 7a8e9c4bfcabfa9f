package drover.ledger;

/**
 * What a source has earned with a model since ever.
 *
 * @param good parts of orders that were delivered
 * @param failed parts that were not
 * @param reward in the source's own money, such as kudos
 */
public record Earning(String source, String model, long good, long failed, double reward) {}

package drover.chaos;

import java.util.Optional;

/**
 * What a caller knows of one order.
 *
 * @param key names it, so that it could be sent again
 * @param job the job that it became, if anybody said so
 * @param end how the job ended, if anybody said so
 * @param hurried whether it had a deadline that may have passed
 */
record Order(String key, Optional<String> job, Optional<String> end, boolean hurried) {
    /** What it asks for: no other order asks for the same, so that its job can be told by it. */
    static String promptOf(String key) {
        return "order " + key;
    }

    String prompt() {
        return promptOf(key);
    }

    Order accepted(String id) {
        return new Order(key, Optional.of(id), end, hurried);
    }

    Order ended(String state) {
        return new Order(key, job, Optional.of(state), hurried);
    }
}

package drover.horde;

/**
 * What the server says to a result.
 *
 * @param reward kudos before what it takes off for the bridge agent and holds back until the owner is trusted; 0 for
 *     what is faulted
 */
public record SubmitAnswer(double reward) {}

package drover.horde;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/**
 * An account.
 *
 * @param username as {@code alias#id}
 * @param id the number in it
 * @param kudos what it has
 * @param kudosDetails where they come from
 * @param evaluatingKudos held back until the owner is trusted
 * @param records what was done and ordered, since ever
 * @param usage old form of {@code records}
 * @param contributions old form of {@code records}
 * @param concurrency requests at a time
 * @param workerInvited workers it may have beyond the usual
 * @param workerCount workers it has
 * @param workerIds which
 * @param styles its styles
 * @param sharedkeyIds its shared keys
 * @param trusted whether its kudos are paid at once
 * @param flagged whether it is suspected; its workers get nothing then
 * @param vpn may work from behind a VPN
 * @param moderator one of the Horde's people
 * @param customizer may offer models that the Horde does not know
 * @param service a service account
 * @param education an account of a school
 * @param special a special user
 * @param pseudonymous nobody knows who it is
 * @param deleted on its way out
 * @param accountAge seconds
 */
public record User(
        String username,
        Optional<Integer> id,
        double kudos,
        Optional<KudosDetails> kudosDetails,
        Optional<Double> evaluatingKudos,
        Optional<JsonNode> records,
        Optional<JsonNode> usage,
        Optional<JsonNode> contributions,
        Optional<Integer> concurrency,
        Optional<Integer> workerInvited,
        Optional<Integer> workerCount,
        List<String> workerIds,
        List<JsonNode> styles,
        List<String> sharedkeyIds,
        Optional<Boolean> trusted,
        Optional<Boolean> flagged,
        Optional<Boolean> vpn,
        Optional<Boolean> moderator,
        Optional<Boolean> customizer,
        Optional<Boolean> service,
        Optional<Boolean> education,
        Optional<Boolean> special,
        Optional<Boolean> pseudonymous,
        Optional<Boolean> deleted,
        Optional<Long> accountAge) {
    public User {
        workerIds = Lists.copy(workerIds);
        styles = Lists.copy(styles);
        sharedkeyIds = Lists.copy(sharedkeyIds);
    }

    /**
     * Where kudos come from and go to.
     *
     * @param accumulated by work, or for being there
     * @param gifted given away
     * @param donated given to the Horde
     * @param admin given by its people
     * @param received given by others
     * @param recurring given every month
     * @param awarded for art and the like
     * @param styled for styles that others used
     */
    public record KudosDetails(
            Optional<Double> accumulated,
            Optional<Double> gifted,
            Optional<Double> donated,
            Optional<Double> admin,
            Optional<Double> received,
            Optional<Double> recurring,
            Optional<Double> awarded,
            Optional<Double> styled) {}
}

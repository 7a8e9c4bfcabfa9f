package drover.source.dreamer;

import drover.board.Supply;
import drover.source.models.ModelPopularity;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;

/** What a dreamer offers: worked out anew when the nodes have other models, or when it is to be, and told when it changes. */
final class OfferView {
    private final Logger log;
    private Optional<Offer> last = Optional.empty();
    private Set<String> onNodes = Set.of();
    private boolean fresh;

    OfferView(Logger log) {
        this.log = log;
    }

    /** As it was worked out last. */
    Optional<Offer> last() {
        return last;
    }

    /** Something else than the nodes' models may have changed. */
    void forget() {
        fresh = false;
    }

    /** What there is to offer. */
    Offer look(Supply supply, DreamerSetup setup, Optional<ModelPopularity> popularity) {
        Set<String> there = Offer.models(supply);
        if (last.isPresent() && fresh && there.equals(onNodes)) {
            return last.get();
        }
        Offer offer = Offer.of(setup.data().models(), setup.reference(), popularity, there);
        if (last.isEmpty() || !offer.equals(last.get())) {
            String worker = setup.data().workerName();
            log.info("{} offers {}", worker, offer.selection().ready());
            if (!offer.selection().missing().isEmpty()) {
                log.info("{}: no node has {}", worker, offer.selection().missing());
            }
        }
        onNodes = there;
        last = Optional.of(offer);
        fresh = true;
        return offer;
    }
}

package drover.source.appetite;

import drover.source.appetite.Decision.Why;
import drover.source.bridge.BridgeData;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/** Which models are offered at this moment, for how large a picture and how many of them. */
final class Menu {
    /** Jobs of one model in hand, with which no more of it are asked for. */
    static final int ENOUGH_OF_A_MODEL = 2;

    private static final Duration ASSUMED_LOAD = Duration.ofSeconds(30);

    private final BridgeData.Capacity capacity;
    private final Load load;
    private final int threads;

    Menu(BridgeData.Capacity capacity, Load load, int threads) {
        this.capacity = capacity;
        this.load = load;
        this.threads = threads;
    }

    /** An offer, or why there is none. */
    sealed interface Result {
        /**
         * What is offered.
         *
         * @param enlarging whether each picture could be enlarged, too
         */
        record Offer(List<String> models, int maxPixels, int amount, boolean enlarging) implements Result {}

        /** Why nothing is. */
        record Nothing(Why why) implements Result {}
    }

    /**
     * @param maxAmount pictures of one job, at most
     * @param sticky whether only models on idle actors are offered, if there are any
     */
    Result offer(int maxAmount, boolean sticky) {
        List<Offered> models = load.models();
        if (models.isEmpty()) {
            return new Result.Nothing(Why.NO_MODEL);
        }
        List<Offered> wanted =
                models.stream().filter(it -> it.pending() < ENOUGH_OF_A_MODEL).toList();
        if (wanted.isEmpty()) {
            return new Result.Nothing(Why.FULL);
        }
        List<Offered> fitting = wanted.stream().filter(this::hasMemory).toList();
        if (fitting.isEmpty()) {
            return new Result.Nothing(Why.NO_MEMORY);
        }
        List<Offered> resident = fitting.stream().filter(Offered::onIdleSlot).toList();
        Result offer = sticky && !resident.isEmpty() ? sized(resident, maxAmount) : new Result.Nothing(Why.NO_MODEL);
        return offer instanceof Result.Offer ? offer : sized(fitting, maxAmount);
    }

    private boolean hasMemory(Offered model) {
        boolean known = load.roomBytes().isPresent()
                && load.roomBytes().getAsLong() > 0
                && model.bytes().isPresent();
        return model.resident()
                || !known
                || model.bytes().getAsLong() <= load.roomBytes().getAsLong();
    }

    /** Whether {@link #waiting} is more than a guess. */
    boolean foretells() {
        return load.models().stream().anyMatch(Menu::isMeasured);
    }

    private Result sized(List<Offered> candidates, int maxAmount) {
        return foretells() ? measured(candidates, maxAmount) : first(candidates);
    }

    /** A first job, to see how fast this machine is: an ordinary one, and only with nothing before it. */
    private Result first(List<Offered> candidates) {
        if (isQueued(load, threads)) {
            return new Result.Nothing(Why.BEHIND);
        }
        int pixels = candidates.stream().mapToInt(this::usualPixels).max().orElse(0);
        return new Result.Offer(candidates.stream().map(Offered::name).toList(), pixels, 1, false);
    }

    private int usualPixels(Offered model) {
        return Math.min(model.baseline().nativePixels(), capacity.maxPixels());
    }

    private Result measured(List<Offered> candidates, int maxAmount) {
        List<String> offered = new ArrayList<>();
        List<Fit> fits = new ArrayList<>();
        int pixels = capacity.maxPixels();
        int amount = maxAmount;
        boolean behind = false;
        for (Offered model : candidates) {
            Fit fit = fit(model, waiting());
            int most = fit.maxPixels(capacity.maxPixels(), BridgeData.PIXELS_PER_POWER);
            if (most < usualPixels(model)) {
                Fit alone = fit(model, Duration.ZERO);
                behind |= alone.maxPixels(capacity.maxPixels(), BridgeData.PIXELS_PER_POWER) >= usualPixels(model);
                continue;
            }
            offered.add(model.name());
            fits.add(fit);
            pixels = Math.min(pixels, most);
            amount = Math.min(amount, Math.max(1, maxAmount / model.baseline().batchDivisor()));
        }
        if (offered.isEmpty()) {
            return new Result.Nothing(behind ? Why.BEHIND : Why.TOO_SLOW);
        }
        for (Fit fit : fits) {
            amount = fit.amount(pixels, amount);
        }
        return new Result.Offer(List.copyOf(offered), pixels, amount, enlarges(fits, pixels, amount));
    }

    /** Post-processing is no part of the server's time, so it is only invited where there is time to spare. */
    private boolean enlarges(List<Fit> fits, int pixels, int amount) {
        return fits.stream()
                .allMatch(fit -> fit.enlarging(load.enlarging().orElse(EffectiveWork.UPSCALER_STEPS / fit.speed()))
                        .fitsOffer(pixels, amount));
    }

    private Fit fit(Offered model, Duration waiting) {
        Duration loading = model.resident() ? Duration.ZERO : model.load().orElse(ASSUMED_LOAD);
        return new Fit(
                speed(model),
                load.overhead().plus(loading).plus(waiting),
                0,
                model.baseline(),
                capacity.extraSlow(),
                capacity.limitMaxSteps() ? Fit.LIMITED_STEPS : Fit.USUAL_STEPS);
    }

    /** Whether a new job would have to wait for one in hand. */
    static boolean isQueued(Load load, int threads) {
        return load.freeSlots() == 0 || load.jobs() >= threads;
    }

    /** Until a new job would begin: what is in hand, shared by all who work on it, at the slowest speed that is known. */
    Duration waiting() {
        if (!isQueued(load, threads) || load.pixelSteps() <= 0) {
            return Duration.ZERO;
        }
        double slowest = speeds().min().orElse(1);
        double seconds = load.pixelSteps() / slowest / Math.max(1, threads)
                + Pacing.seconds(load.overhead()) * load.jobs() / Math.max(1, threads);
        return Duration.ofMillis((long) Math.min(seconds * 1000, 1e12));
    }

    private DoubleStream speeds() {
        return load.models().stream().filter(Menu::isMeasured).mapToDouble(Menu::measuredSpeed);
    }

    private static boolean isMeasured(Offered model) {
        return measuredSpeed(model) > 0;
    }

    private static double measuredSpeed(Offered model) {
        return model.speed().orElse(0);
    }

    /**
     * As measured; of a model that has not run, what the others let expect: the server pays more for the families that
     * take more work, and that is all that is known of how much more.
     */
    private double speed(Offered model) {
        if (isMeasured(model)) {
            return measuredSpeed(model);
        }
        return load.models().stream()
                .filter(Menu::isMeasured)
                .mapToDouble(it -> measuredSpeed(it)
                        * it.baseline().kudosFactor()
                        / model.baseline().kudosFactor())
                .min()
                .orElse(1);
    }
}

package drover.watchdog;

import drover.inference.Phase;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Objects;

/**
 * How long each phase may go without an advance, and how long the rungs of the ladder may take. Immutable. Names and
 * defaults follow the AI Horde worker's settings where it has them.
 */
public final class PhaseTimeouts {
    /** {@code inference_step_timeout}: from one denoising step, or one token, to the next. */
    public static final Duration INFERENCE_STEP = Duration.ofSeconds(15);
    /** {@code preload_timeout}: until a runner has started, and between two steps of loading a model. */
    public static final Duration PRELOAD = Duration.ofSeconds(80);
    /** {@code download_timeout}: the AI Horde worker's 45 s, 15 s for each of 5 LoRAs, and 1 s to spare. */
    public static final Duration DOWNLOAD = Duration.ofSeconds(121);
    /** {@code post_process_timeout}: the AI Horde worker's 60 s and 3 s for a batch of 1. */
    public static final Duration POST_PROCESS = Duration.ofSeconds(63);
    /** {@code encode_timeout}: text encoding is a fraction of a step; the rest is room for a busy host. */
    public static final Duration ENCODE = Duration.ofSeconds(30);
    /** {@code decode_timeout}: a large picture's decode may take many steps' time on a small GPU. */
    public static final Duration DECODE = Duration.ofSeconds(60);
    /** {@code check_timeout}: safety checks usually run on the CPU. */
    public static final Duration CHECK = Duration.ofSeconds(60);
    /** {@code upload_timeout}: writing the result to the asset store, local or remote. */
    public static final Duration UPLOAD = Duration.ofSeconds(60);
    /** {@code cancel_grace}: how long a cancelled runner has to give its thread back. */
    public static final Duration CANCEL_GRACE = Duration.ofSeconds(3);
    /** {@code restart_grace}: how long the restart of an actor may take before the process is replaced. */
    public static final Duration RESTART_GRACE = Duration.ofSeconds(3);

    /** A learned timeout counts only after this many observations of its model and phase. */
    public static final int MIN_OBSERVATIONS = 50;

    private static final Duration LONGEST = Duration.ofDays(1);

    /** Has every phase; never changed after construction. */
    private final EnumMap<Phase, Limit> limits;

    private final Duration cancelGrace;
    private final Duration restartGrace;

    private PhaseTimeouts(EnumMap<Phase, Limit> limits, Duration cancelGrace, Duration restartGrace) {
        this.limits = limits;
        this.cancelGrace = requireUsable("cancel_grace", cancelGrace);
        this.restartGrace = requireUsable("restart_grace", restartGrace);
    }

    /**
     * How long a phase may go without an advance.
     *
     * @param length more than zero, at most a day
     * @param origin where it came from, for logs and incidents: {@code configured inference_step_timeout=15s}
     */
    public record Limit(Duration length, String origin) {
        public Limit {
            requireUsable(origin, length);
        }
    }

    /** The defaults of every setting. */
    public static PhaseTimeouts defaults() {
        return builder().build();
    }

    /** A builder that starts from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** The limit of a phase, and where it came from. */
    public Limit limit(Phase phase) {
        return Objects.requireNonNull(limits.get(phase), "the constructor has a limit for each phase");
    }

    /** How long a cancelled runner has to give its thread back. */
    public Duration cancelGrace() {
        return cancelGrace;
    }

    /** How long the restart of an actor may take. */
    public Duration restartGrace() {
        return restartGrace;
    }

    /**
     * These timeouts with what has been learned about the work at hand. A learned timeout only ever tightens: if it is not
     * shorter than the limit so far, or rests on fewer than {@link #MIN_OBSERVATIONS} observations, nothing changes.
     */
    public PhaseTimeouts tightened(List<LearnedLimit> learned) {
        EnumMap<Phase, Limit> tighter = new EnumMap<>(limits);
        for (LearnedLimit it : learned) {
            Limit known = limit(it.phase());
            if (it.observations() >= MIN_OBSERVATIONS && it.length().compareTo(known.length()) < 0) {
                tighter.put(it.phase(), new Limit(it.length(), it.origin() + ", tighter than " + known.origin()));
            }
        }
        return new PhaseTimeouts(tighter, cancelGrace, restartGrace);
    }

    /**
     * These timeouts for a watchdog in another process. It must come second: the node's own ladder gets its full time,
     * cancel and restart included, and the margin covers the way between the processes.
     */
    public PhaseTimeouts fromOutside(Duration margin) {
        Duration extra = cancelGrace.plus(restartGrace).plus(margin);
        EnumMap<Phase, Limit> longer = new EnumMap<>(limits);
        longer.replaceAll((_, l) ->
                new Limit(l.length().plus(extra), l.origin() + " + " + text(extra) + " for the node's own ladder"));
        return new PhaseTimeouts(longer, cancelGrace, restartGrace);
    }

    /** A duration as settings write it: {@code 15s}, {@code 2.500s}. */
    static String text(Duration d) {
        return d.toMillisPart() == 0 ? d.toSeconds() + "s" : "%d.%03ds".formatted(d.toSeconds(), d.toMillisPart());
    }

    static Duration requireUsable(String what, Duration d) {
        if (!d.isPositive() || d.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    what + ": a timeout must be more than 0 s and at most 86400 s, but was " + text(d));
        }
        return d;
    }

    /** Collects settings; what is not set keeps its default. */
    public static final class Builder {
        private final EnumMap<Phase, Limit> limits = new EnumMap<>(Phase.class);
        private Duration cancelGrace = CANCEL_GRACE;
        private Duration restartGrace = RESTART_GRACE;

        private Builder() {
            set("default", "inference_step_timeout", INFERENCE_STEP, Phase.DENOISING, Phase.GENERATING);
            set("default", "preload_timeout", PRELOAD, Phase.STARTING, Phase.LOADING);
            set("default", "download_timeout", DOWNLOAD, Phase.DOWNLOADING);
            set("default", "post_process_timeout", POST_PROCESS, Phase.POST_PROCESSING);
            set("default", "encode_timeout", ENCODE, Phase.ENCODING);
            set("default", "decode_timeout", DECODE, Phase.DECODING);
            set("default", "check_timeout", CHECK, Phase.CHECKING);
            set("default", "upload_timeout", UPLOAD, Phase.UPLOADING);
        }

        /** {@code inference_step_timeout}: {@code DENOISING} and {@code GENERATING}, from step to step. */
        public Builder inferenceStep(Duration length) {
            return set("configured", "inference_step_timeout", length, Phase.DENOISING, Phase.GENERATING);
        }

        /** {@code preload_timeout}: {@code STARTING} and {@code LOADING}. */
        public Builder preload(Duration length) {
            return set("configured", "preload_timeout", length, Phase.STARTING, Phase.LOADING);
        }

        /** {@code download_timeout}: {@code DOWNLOADING}. */
        public Builder download(Duration length) {
            return set("configured", "download_timeout", length, Phase.DOWNLOADING);
        }

        /** {@code post_process_timeout}: {@code POST_PROCESSING}. */
        public Builder postProcess(Duration length) {
            return set("configured", "post_process_timeout", length, Phase.POST_PROCESSING);
        }

        /** {@code encode_timeout}: {@code ENCODING}. */
        public Builder encode(Duration length) {
            return set("configured", "encode_timeout", length, Phase.ENCODING);
        }

        /** {@code decode_timeout}: {@code DECODING}. */
        public Builder decode(Duration length) {
            return set("configured", "decode_timeout", length, Phase.DECODING);
        }

        /** {@code check_timeout}: {@code CHECKING}. */
        public Builder check(Duration length) {
            return set("configured", "check_timeout", length, Phase.CHECKING);
        }

        /** {@code upload_timeout}: {@code UPLOADING}. */
        public Builder upload(Duration length) {
            return set("configured", "upload_timeout", length, Phase.UPLOADING);
        }

        /** {@code cancel_grace}: how long a cancelled runner has to give its thread back. */
        public Builder cancelGrace(Duration length) {
            cancelGrace = length;
            return this;
        }

        /** {@code restart_grace}: how long the restart of an actor may take. */
        public Builder restartGrace(Duration length) {
            restartGrace = length;
            return this;
        }

        /**
         * The timeouts.
         *
         * @throws IllegalArgumentException if one is not more than zero and at most a day
         */
        public PhaseTimeouts build() {
            return new PhaseTimeouts(new EnumMap<>(limits), cancelGrace, restartGrace);
        }

        private Builder set(String source, String setting, Duration length, Phase... phases) {
            Limit limit = new Limit(length, source + " " + setting + "=" + text(length));
            for (Phase phase : phases) {
                limits.put(phase, limit);
            }
            return this;
        }
    }
}

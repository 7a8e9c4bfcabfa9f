package drover.watchdog;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import drover.inference.CborSerializable;

/**
 * What has to be done about a stalled attempt. Each kind is given at most once per attempt and is final: an advance that
 * comes afterwards changes nothing. Sent to the owner of the watch and published on the system's event stream.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Verdict.Cancel.class, name = "cancel"),
    @JsonSubTypes.Type(value = Verdict.RestartActor.class, name = "restart-actor"),
    @JsonSubTypes.Type(value = Verdict.ReplaceProcess.class, name = "replace-process")
})
public sealed interface Verdict extends CborSerializable {
    /** What led to it. */
    Stall stall();

    /** The rung that this verdict stands for. */
    Rung rung();

    /** Set the attempt's cancellation token; say {@link Watchdog.RunnerReturned} if the runner comes back. */
    record Cancel(Stall stall) implements Verdict {
        @Override
        public Rung rung() {
            return Rung.CANCEL;
        }
    }

    /** The runner is back but its attempt is lost: start a fresh actor, then unwatch. */
    record RestartActor(Stall stall) implements Verdict {
        @Override
        public Rung rung() {
            return Rung.RESTART_ACTOR;
        }
    }

    /** The runner cannot be reached: end the process. */
    record ReplaceProcess(Stall stall) implements Verdict {
        @Override
        public Rung rung() {
            return Rung.REPLACE_PROCESS;
        }
    }

    /**
     * The verdict for a rung.
     *
     * @throws IllegalArgumentException for {@link Rung#WATCHING}, which is no verdict
     */
    static Verdict of(Rung rung, Stall stall) {
        return switch (rung) {
            case CANCEL -> new Cancel(stall);
            case RESTART_ACTOR -> new RestartActor(stall);
            case REPLACE_PROCESS -> new ReplaceProcess(stall);
            case WATCHING -> throw new IllegalArgumentException("an attempt that is being watched has no verdict yet");
        };
    }
}

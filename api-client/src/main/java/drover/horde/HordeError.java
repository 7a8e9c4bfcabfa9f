package drover.horde;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Why a call did not do what it should, sorted by the server's return code ({@code rc}), never by its words. Every one
 * says what a well-behaved worker does about it.
 */
public sealed interface HordeError {
    /** What to do: the whole table. */
    default Advice advice() {
        return switch (this) {
            case KeyRefused _, NotYours _, NotWelcome _ -> Advice.STOP;
            case InMaintenance _ -> Advice.MAINTENANCE;
            case AddressPaused _, TooManyRequests _, Busy _ -> Advice.WAIT;
            case AlreadySubmitted _, StoredWithComplaint _ -> Advice.ACCEPTED;
            case JobGone _, Aborted _, NotFound _ -> Advice.DROP;
            case ServerFault _, Unreadable _, NoAnswer _ -> Advice.RETRY;
            case Invalid it -> it.answer().operation().kind() == Operation.Kind.POP ? Advice.STOP : Advice.DROP;
            case Refused it ->
                switch (it.answer().operation().kind()) {
                    case POP -> Advice.STOP;
                    // The words may come from something in between, and the job has a time of its own.
                    case SUBMIT -> it.answer().rc().isPresent() ? Advice.DROP : Advice.RETRY;
                    case LOOKUP, PUBLIC_LOOKUP, CHANGE, ORDER -> Advice.DROP;
                };
        };
    }

    /** What happened, where, and what to do, for people. It holds neither key nor presigned query. */
    String message();

    /** How long to wait at least, where the server or the protocol says so. */
    default Optional<Duration> retryAfter() {
        return switch (this) {
            case AddressPaused it -> Optional.of(it.pause());
            case TooManyRequests it -> Optional.of(it.pause());
            case Busy it -> Optional.of(it.pause());
            default -> Optional.empty();
        };
    }

    /** Whether the server may have done what was asked for all the same. */
    default boolean outcomeUnknown() {
        return false;
    }

    /**
     * What the server answered.
     *
     * @param operation what was asked for
     * @param status of HTTP
     * @param rc the return code; some answers have none
     * @param text the server's words, cut and cleaned; for people only, the server changes them as it likes
     * @param node which of the Horde's nodes said so
     */
    record Answer(Operation operation, int status, Optional<String> rc, String text, Optional<String> node) {
        String shown() {
            return operation + " got HTTP " + status
                    + rc.map(code -> " " + code).orElse("")
                    + node.map(name -> " from node " + name).orElse("") + ": " + text;
        }
    }

    /** The key is nobody's ({@code InvalidAPIKey}, {@code UserNotFound}). */
    record KeyRefused(Answer answer) implements HordeError {
        @Override
        public String message() {
            return "the Horde does not know this API key; put in a valid one. " + answer.shown();
        }
    }

    /** The worker or the job is somebody else's ({@code WrongCredentials}, {@code NotOwner}). */
    record NotYours(Answer answer) implements HordeError {
        @Override
        public String message() {
            return "this worker name belongs to another account than the API key; choose another name, or use its"
                    + " owner's key. " + answer.shown();
        }
    }

    /** The worker is in maintenance ({@code WorkerMaintenance}): its owner sent it there, or it dropped too many jobs. */
    record InMaintenance(Answer answer) implements HordeError {
        @Override
        public String message() {
            return "the Horde has this worker in maintenance; end it when the cause is gone. " + answer.shown();
        }
    }

    /** The account, or where it comes from, may not run this worker ({@code AnonForbiddenWorker}, {@code UnsafeIP}, …). */
    record NotWelcome(Answer answer) implements HordeError {
        @Override
        public String message() {
            return "the Horde does not let this account run this worker from here. " + answer.shown();
        }
    }

    /**
     * The address is shut out for a while ({@code TimeoutIP}, {@code TooManyNewIPs}).
     *
     * @param pause for how long
     */
    record AddressPaused(Answer answer, Duration pause) implements HordeError {
        @Override
        public String message() {
            return "the Horde takes nothing from this address for " + pause.toSeconds() + " s. " + answer.shown();
        }
    }

    /**
     * What was sent cannot be taken, and never will be: a setting is wrong, or this client is.
     *
     * @param fields what is wrong with which field, where the server says so
     */
    record Invalid(Answer answer, Map<String, String> fields) implements HordeError {
        public Invalid {
            fields = Map.copyOf(fields);
        }

        @Override
        public String message() {
            return "the Horde does not take what was sent; correct the setting it names. " + answer.shown()
                    + (fields.isEmpty() ? "" : " " + fields);
        }
    }

    /** The job is gone: its request was answered, cancelled, or has expired ({@code InvalidJobID}). */
    record JobGone(Answer answer) implements HordeError {
        @Override
        public String message() {
            return "the Horde does not have this job any more. " + answer.shown();
        }
    }

    /** The job was answered before ({@code DuplicateGen}): by this worker, in a try whose answer was lost. */
    record AlreadySubmitted(Answer answer) implements HordeError {
        @Override
        public String message() {
            return "the Horde has had an answer to this job before. " + answer.shown();
        }
    }

    /** The job went stale or was faulted, and was given to another ({@code AbortedGen}): take less, or smaller, work. */
    record Aborted(Answer answer) implements HordeError {
        @Override
        public String message() {
            return "the answer came too late; offer fewer pixels, pictures or models. " + answer.shown();
        }
    }

    /** The result was stored, and what came with it was not liked ({@code BadRequest} to a submit). */
    record StoredWithComplaint(Answer answer) implements HordeError {
        @Override
        public String message() {
            return "the Horde keeps the result, but complains of its metadata. " + answer.shown();
        }
    }

    /**
     * Too much was asked (HTTP 429).
     *
     * @param pause until when the server wants nothing of the kind
     * @param held whether this client held it back by itself, because the server's pause is not over
     */
    record TooManyRequests(Answer answer, Duration pause, boolean held) implements HordeError {
        @Override
        public String message() {
            return held
                    ? answer.operation() + " is held back for " + pause.toMillis()
                            + " ms more, because the Horde asked for a pause"
                    : "the Horde asks for a pause of " + pause.toSeconds() + " s. " + answer.shown();
        }
    }

    /** There is no such thing (HTTP 404 for what is not a job). */
    record NotFound(Answer answer) implements HordeError {
        @Override
        public String message() {
            return "the Horde has no such thing. " + answer.shown();
        }
    }

    /** Not now, because others are at it or the Horde as a whole is ({@code Locked}, {@code MaintenanceMode}). */
    record Busy(Answer answer, Duration pause) implements HordeError {
        @Override
        public String message() {
            return "the Horde cannot do this now; again in " + pause.toSeconds() + " s. " + answer.shown();
        }
    }

    /** Refused for a reason that this client has no other name for: see {@code rc}. */
    record Refused(Answer answer) implements HordeError {
        @Override
        public String message() {
            return "the Horde refuses. " + answer.shown()
                    + (answer.rc().isEmpty() ? " (without a return code: is the address that of a Horde?)" : "");
        }
    }

    /** The server is broken or overloaded (HTTP 5xx). To a submit this may also mean that the key is wrong. */
    record ServerFault(Answer answer, Optional<Duration> retryAfter) implements HordeError {
        @Override
        public boolean outcomeUnknown() {
            return true;
        }

        @Override
        public String message() {
            return "the Horde has a fault of its own; it is asked again. " + answer.shown();
        }
    }

    /** The answer is no answer of a Horde: HTML, or JSON that ends too soon. */
    record Unreadable(Answer answer) implements HordeError {
        @Override
        public boolean outcomeUnknown() {
            return true;
        }

        @Override
        public String message() {
            return "this is not how a Horde answers; is the address right, and is no proxy in between? "
                    + answer.shown();
        }
    }

    /**
     * No answer: nobody there, the connection broke, time ran out, or more came than any answer has.
     *
     * @param operation what was asked for
     * @param server whom
     * @param reason what happened
     * @param outcomeUnknown whether the request may have arrived
     */
    record NoAnswer(Operation operation, String server, String reason, boolean outcomeUnknown) implements HordeError {
        @Override
        public String message() {
            return operation + " got no answer from " + server + ": " + reason;
        }
    }
}

package drover.source.dreamer;

import drover.horde.HordeError;
import drover.source.appetite.PopFailure;
import drover.source.appetite.PopFailure.Kind;

/** What an error means for the next pop. */
final class PopFailures {
    private PopFailures() {}

    static PopFailure of(HordeError error) {
        Kind kind = switch (error) {
            case HordeError.KeyRefused _, HordeError.NotYours _, HordeError.NotWelcome _ -> Kind.REFUSED;
            case HordeError.InMaintenance _ -> Kind.MAINTENANCE;
            case HordeError.AddressPaused _ -> Kind.TIMED_OUT_ADDRESS;
            case HordeError.Invalid _ -> Kind.NOT_ACCEPTED;
            case HordeError.TooManyRequests _ -> Kind.RATE_LIMITED;
            // Without a return code it may be something in between that says no, and not for ever.
            case HordeError.Refused refused -> refused.answer().rc().isPresent() ? Kind.REFUSED : Kind.NOT_ACCEPTED;
            case HordeError.NotFound _ -> Kind.NOT_ACCEPTED;
            case HordeError.Busy _,
                    HordeError.ServerFault _,
                    HordeError.Unreadable _,
                    HordeError.NoAnswer _,
                    HordeError.JobGone _,
                    HordeError.AlreadySubmitted _,
                    HordeError.Aborted _,
                    HordeError.StoredWithComplaint _ -> Kind.TROUBLE;
        };
        return new PopFailure(kind, error.retryAfter().filter(pause -> !pause.isZero()));
    }
}

package drover.source;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How a worker does, in one line for the log.
 *
 * @param worker its name
 * @param popped pictures that were asked for
 * @param submitted pictures that the server accepted
 * @param faulted pictures that were given up
 * @param censored pictures of {@code submitted} that were replaced
 * @param kudosPerHour within the last hour
 * @param kudosPerActiveHour without the time in which nothing was in hand
 * @param kudos of this session
 * @param pendingMegapixelSteps effective ones, of all that is in hand
 * @param withoutJobs for how long nothing has been in hand; zero if there is something
 * @param maintenance what the server said, if it has the worker in maintenance
 */
public record StatsLine(
        String worker,
        long popped,
        long submitted,
        long faulted,
        long censored,
        double kudosPerHour,
        double kudosPerActiveHour,
        double kudos,
        long pendingMegapixelSteps,
        Duration withoutJobs,
        Optional<String> maintenance) {

    /** As it is logged. */
    public String text() {
        List<String> parts = new ArrayList<>();
        parts.add("popped " + popped);
        parts.add("submitted " + submitted + (censored > 0 ? " (" + censored + " censored)" : ""));
        parts.add("faulted " + faulted);
        parts.add(whole(kudosPerHour) + " kudos/h"
                + (Math.round(kudosPerActiveHour) == Math.round(kudosPerHour)
                        ? ""
                        : " (" + whole(kudosPerActiveHour) + " while at work)"));
        parts.add(whole(kudos) + " kudos so far");
        parts.add("pending " + pendingMegapixelSteps + " MPS");
        if (withoutJobs.toMinutes() > 0) {
            parts.add(withoutJobs.toMinutes() + " min without jobs");
        }
        maintenance.ifPresent(said -> parts.add("IN MAINTENANCE" + (said.isBlank() ? "" : ": " + said.strip())));
        return worker + ": " + String.join(", ", parts);
    }

    private static String whole(double value) {
        return String.format(Locale.ROOT, "%,d", Math.round(value));
    }
}

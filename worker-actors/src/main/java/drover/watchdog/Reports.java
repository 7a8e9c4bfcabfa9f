package drover.watchdog;

import java.time.Duration;
import org.slf4j.Logger;

/** The log lines of a watchdog: one for each verdict, for people in its text and for machines in its key-value pairs. */
final class Reports {
    private Reports() {}

    static void log(Logger log, Verdict verdict) {
        Stall stall = verdict.stall();
        log.atWarn()
                .addKeyValue("event", "stall")
                .addKeyValue("rung", verdict.rung())
                .addKeyValue("watchdog", stall.watchdog())
                .addKeyValue("job", stall.attempt().job())
                .addKeyValue("attempt", stall.attempt().number())
                .addKeyValue("model", stall.model())
                .addKeyValue("phase", stall.position().phase())
                .addKeyValue("step", stall.position().step())
                .addKeyValue("of", stall.position().of())
                .addKeyValue("percent", stall.percent())
                .addKeyValue("sinceAdvance", seconds(stall.sinceAdvance()))
                .addKeyValue(
                        "sinceHeartbeat",
                        stall.sinceHeartbeat().map(Reports::seconds).orElse(null))
                .addKeyValue("idleReports", stall.idleReports())
                .addKeyValue("limit", seconds(stall.limit()))
                .addKeyValue("origin", stall.origin())
                .log("{}: {}", verdict.rung(), describe(stall));
    }

    static void log(Logger log, NodeSilent silent) {
        log.atWarn()
                .addKeyValue("event", "silence")
                .addKeyValue("node", silent.node())
                .addKeyValue("silence", seconds(silent.silence()))
                .addKeyValue("limit", seconds(silent.limit()))
                .log(
                        "node {} has said nothing for {} (node_silence_timeout={})",
                        silent.node(),
                        PhaseTimeouts.text(silent.silence()),
                        PhaseTimeouts.text(silent.limit()));
    }

    /** One clause: {@code job#1 (model) stands at DENOISING 5/20 (25 %), last advance 15.003s ago, …}. */
    static String describe(Stall stall) {
        return "%s (%s) stands at %s (%d %%), last advance %s ago, last heartbeat %s, %d idle reports; allowed: %s (%s)"
                .formatted(
                        stall.attempt(),
                        stall.model(),
                        stall.position(),
                        stall.percent(),
                        PhaseTimeouts.text(stall.sinceAdvance()),
                        stall.sinceHeartbeat()
                                .map(d -> PhaseTimeouts.text(d) + " ago")
                                .orElse("never"),
                        stall.idleReports(),
                        PhaseTimeouts.text(stall.limit()),
                        stall.origin());
    }

    /** Seconds with milliseconds, as a number. */
    private static double seconds(Duration d) {
        return d.toMillis() / 1000.0;
    }
}

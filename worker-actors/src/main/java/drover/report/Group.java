package drover.report;

import drover.client.ReportView.GroupView;
import drover.client.ReportView.PhaseView;
import drover.inference.Phase;
import drover.job.Attempt;
import drover.job.AttemptTimings.PhaseTime;
import drover.job.Job;
import drover.job.JobState;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/** The attempts of one node, or with one model: counted, and with the time that each phase took. */
final class Group {
    /** Times of an attempt, in their order. */
    private enum Part {
        QUEUED,
        ASSIGNED,
        DOWNLOAD,
        LOAD,
        ENCODE,
        STEP,
        DECODE,
        POST_PROCESS,
        CHECK,
        UPLOAD,
        DELIVER;

        static Optional<Part> of(Phase phase) {
            return switch (phase) {
                case STARTING -> Optional.empty(); // Within ASSIGNED.
                case DOWNLOADING -> Optional.of(DOWNLOAD);
                case LOADING -> Optional.of(LOAD);
                case ENCODING -> Optional.of(ENCODE);
                case DENOISING, GENERATING -> Optional.of(STEP);
                case DECODING -> Optional.of(DECODE);
                case POST_PROCESSING -> Optional.of(POST_PROCESS);
                case CHECKING -> Optional.of(CHECK);
                case UPLOADING -> Optional.of(UPLOAD);
            };
        }
    }

    private final Tally tally = new Tally();
    private final Map<Part, Times> times = new EnumMap<>(Part.class);

    Tally tally() {
        return tally;
    }

    /** An attempt that has ended. */
    void add(Job job, Attempt attempt, Ending ending) {
        tally.add(ending.kind(), between(attempt, ending));
        of(Part.QUEUED).add(job.waited(attempt));
        attempt.untilStart().ifPresent(of(Part.ASSIGNED)::add);
        if (ending.kind() != Ending.Kind.SUCCEEDED) {
            return; // How long a phase took in which something failed says nothing about how long it takes.
        }
        for (PhaseTime time : attempt.timings().phases()) {
            Optional<Part> part = Part.of(time.phase());
            if (part.filter(Part.STEP::equals).isPresent()) {
                if (time.steps() > 0) {
                    of(Part.STEP).add(time.total().dividedBy(time.steps()), time.steps());
                }
            } else if (part.isPresent()) {
                of(part.get()).add(time.total());
            }
        }
        if (job.state() == JobState.DELIVERED) {
            of(Part.DELIVER).add(Duration.between(ending.end(), job.changed()));
        }
    }

    /** From its assignment to its end. */
    static Duration between(Attempt attempt, Ending ending) {
        Duration took = Duration.between(attempt.assigned(), ending.end());
        return took.isNegative() ? Duration.ZERO : took;
    }

    private Times of(Part part) {
        return times.computeIfAbsent(part, _ -> new Times());
    }

    GroupView view(String name) {
        SequencedMap<String, PhaseView> phases = new LinkedHashMap<>();
        times.forEach((part, measured) -> {
            PhaseView view = measured.view();
            if (view.count() > 0) {
                phases.put(part.name().toLowerCase(Locale.ROOT), view);
            }
        });
        return new GroupView(name, tally.view(), phases);
    }
}

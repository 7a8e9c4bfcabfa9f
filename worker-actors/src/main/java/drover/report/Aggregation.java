package drover.report;

import drover.client.ReportView;
import drover.client.ReportView.SliceView;
import drover.job.Attempt;
import drover.job.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes in jobs one by one and keeps only counts and histograms of them. Its size depends on how many nodes, models and
 * configurations there are, and is bounded; not on how many jobs.
 */
final class Aggregation {
    static final int SLICES = 48;

    private final Instant from;
    private final Instant to;
    private final Optional<String> node;
    private final Optional<String> model;
    private final Tally total = new Tally();
    private final Groups nodes = new Groups();
    private final Groups models = new Groups();
    private final Clusters clusters = new Clusters();
    private final Requesters requesters = new Requesters();
    private final long[][] timeline = new long[SLICES][3];

    /**
     * @param node only attempts of this node
     * @param model only jobs for this model
     */
    Aggregation(Instant from, Instant to, Optional<String> node, Optional<String> model) {
        this.from = from;
        this.to = to;
        this.node = node;
        this.model = model;
    }

    void add(Job job) {
        if (model.isPresent() && !model.get().equals(job.request().model())) {
            return;
        }
        Configuration configuration = Configuration.of(job.request());
        boolean any = false;
        boolean touched = false;
        for (Attempt attempt : job.attempts()) {
            if (node.isPresent() && !node.get().equals(attempt.node())) {
                continue;
            }
            touched = true;
            Optional<Ending> ending = Ending.of(job, attempt).filter(it -> isWithin(it.end()));
            if (ending.isPresent()) {
                any = true;
                add(job, attempt, ending.get(), configuration);
            }
        }
        if (any) {
            total.addJob();
            nodes.endOfJob();
            models.endOfJob();
            clusters.endOfJob();
        }
        if (job.state().isTerminal() && isWithin(job.changed()) && (touched || node.isEmpty())) {
            requesters.add(job);
        }
    }

    private void add(Job job, Attempt attempt, Ending ending, Configuration configuration) {
        Ending.Kind kind = ending.kind();
        total.add(kind, Group.between(attempt, ending));
        nodes.add(attempt.node(), job, attempt, ending);
        models.add(configuration.model(), job, attempt, ending);
        if (kind.isJudged()) {
            clusters.add(attempt.node(), configuration, kind.isFailure());
        }
        timeline[slice(ending.end())][kind.isFailure() ? 1 : kind.isJudged() ? 0 : 2]++;
    }

    private boolean isWithin(Instant at) {
        return !at.isBefore(from) && at.isBefore(to);
    }

    private int slice(Instant at) {
        long into = Duration.between(from, at).toMillis();
        long all = Math.max(1, Duration.between(from, to).toMillis());
        return Math.clamp(into * SLICES / all, 0, SLICES - 1);
    }

    ReportView view() {
        List<SliceView> slices = new ArrayList<>();
        Duration length = Duration.between(from, to).dividedBy(SLICES);
        for (int i = 0; i < SLICES; i++) {
            slices.add(
                    new SliceView(from.plus(length.multipliedBy(i)), timeline[i][0], timeline[i][1], timeline[i][2]));
        }
        List<String> notes = clusters.passedOver() == 0
                ? List.of()
                : List.of(
                        "there were more than " + Clusters.MOST_VALUES + " values of one kind, such as configurations; "
                                + clusters.passedOver() + " times an attempt was left out of the comparison for that");
        return new ReportView(
                from,
                to,
                node,
                model,
                total.view(),
                requesters.view(),
                nodes.view(),
                models.view(),
                clusters.view(),
                slices,
                notes);
    }
}

package drover.http;

import drover.client.JobRequest;
import drover.client.JobView;
import drover.client.ProgressView;
import drover.inference.AssetRef;
import drover.inference.ControlUse;
import drover.inference.FaultPlan;
import drover.inference.HiresFix;
import drover.inference.ImageFeatures;
import drover.inference.ImageRequest;
import drover.inference.LoraUse;
import drover.inference.OutputFormat;
import drover.inference.Position;
import drover.inference.SourceImage;
import drover.job.Attempt;
import drover.job.HostPaths;
import drover.job.Job;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Shows jobs as the API's records. */
final class JobViews {
    private JobViews() {}

    static JobView of(Job job, Optional<ProgressView> progress) {
        return new JobView(
                job.id().value(),
                Names.of(job.state()),
                job.tenant().name(),
                switch (job.request()) {
                    case ImageRequest image -> request(image, job);
                },
                job.accepted(),
                job.deadline(),
                job.changed(),
                progress,
                job.attempts().stream().map(attempt -> attempt(attempt, job)).toList(),
                assets(job),
                job.fault().map(fault -> new JobView.FaultView(fault.code(), HostPaths.hidden(fault.detail()))));
    }

    static ProgressView progress(int attempt, Position at) {
        return new ProgressView(attempt, Names.of(at.phase()), at.step(), at.of(), at.percent());
    }

    private static JobRequest request(ImageRequest image, Job job) {
        ImageFeatures features = image.features();
        return new JobRequest(
                Optional.of(image.model()),
                image.prompt(),
                Optional.of(image.negativePrompt()),
                Optional.of(image.width()),
                Optional.of(image.height()),
                Optional.of(image.steps()),
                Optional.of(image.sampler().hordeName()),
                Optional.of(image.karras()),
                Optional.of(image.cfgScale()),
                Optional.of(image.seed()),
                Optional.of(image.clipSkip()),
                Optional.of(image.count()),
                Optional.of(image.format().kind().text()),
                Optional.of(image.format())
                        .filter(format -> format.kind().isLossy())
                        .map(OutputFormat::quality),
                Optional.of(Names.of(job.priority())),
                Optional.of(
                        (int) Duration.between(job.accepted(), job.deadline()).toSeconds()),
                // The pictures that came along are not sent back.
                Optional.empty(),
                Optional.empty(),
                features.source().map(SourceImage::strength),
                features.hiresFix().map(it -> true),
                features.hiresFix().map(HiresFix::strength),
                Optional.of(features.tiling()).filter(it -> it),
                listed(features.loras().stream().map(JobViews::lora).toList()),
                listed(features.postProcessing()),
                features.control().map(JobViews::control),
                image.fault().map(JobViews::fault));
    }

    private static <T> Optional<List<T>> listed(List<T> items) {
        return Optional.of(items).filter(it -> !it.isEmpty());
    }

    private static JobRequest.LoraOrder lora(LoraUse use) {
        return new JobRequest.LoraOrder(use.file(), Optional.of(use.model()), Optional.of(use.clip()));
    }

    private static JobRequest.ControlOrder control(ControlUse use) {
        return new JobRequest.ControlOrder(
                use.model(),
                "",
                Optional.of(Names.of(use.type())),
                Optional.of(use.strength()),
                Optional.of(use.returnMap()));
    }

    private static JobRequest.FaultOrder fault(FaultPlan plan) {
        return new JobRequest.FaultOrder(
                Names.of(plan.kind()),
                Names.of(plan.phase()),
                Optional.of(plan.step()),
                Optional.of(plan.heartbeats()),
                Optional.of(plan.attempts()));
    }

    private static JobView.AttemptView attempt(Attempt attempt, Job job) {
        Optional<String> outcome = attempt.outcome()
                .map(Names::of)
                .or(() -> attempt.ended().map(at -> "succeeded"))
                .or(() -> job.state().isTerminal() ? Optional.of("abandoned") : Optional.empty());
        return new JobView.AttemptView(
                attempt.number(),
                attempt.node(),
                outcome,
                attempt.reason().map(HostPaths::hidden),
                attempt.assigned(),
                attempt.started(),
                attempt.ended());
    }

    private static List<JobView.AssetView> assets(Job job) {
        return IntStream.range(0, job.assets().size())
                .mapToObj(i -> {
                    AssetRef ref = job.assets().get(i);
                    String url = "/v1/jobs/" + job.id() + "/assets/" + i;
                    return new JobView.AssetView(
                            url, ref.mediaType(), ref.bytes(), ref.sha256(), ref.seed(), Names.of(ref.safety()));
                })
                .toList();
    }
}

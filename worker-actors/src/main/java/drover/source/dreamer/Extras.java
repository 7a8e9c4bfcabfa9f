package drover.source.dreamer;

import drover.horde.ImageJob;
import drover.horde.ImagePayload;
import drover.inference.ControlUse;
import drover.inference.ImageFeatures;
import drover.inference.ImageRequest;
import drover.inference.SourceImage;
import drover.source.models.Baseline;
import drover.source.skills.ControlNets.Following;
import drover.source.skills.PostProcessors.Chain;
import drover.source.skills.Skills;
import java.util.List;
import java.util.Optional;

/**
 * What a job asks for by names of the Horde's own, and what the engine is to do for that: post-processors and ControlNet.
 * What cannot be done is known before anything is fetched or drawn.
 */
final class Extras {
    private static final double STRENGTH = 1;

    private Extras() {}

    /** Why a job cannot be done here, if so. */
    static Optional<String> impossible(ImageJob job, KnownModel model, Skills skills) {
        if (chain(job, skills) instanceof Chain.Impossible(String why)) {
            return Optional.of(why);
        }
        return following(job, skills).<String>flatMap(it -> switch (it) {
            case Following.Impossible(String why) -> Optional.of(why);
            case Following.With _ ->
                fits(model.baseline())
                        ? Optional.empty()
                        : Optional.of("ControlNets here are for Stable Diffusion 1, which " + model.name() + " is not");
        });
    }

    /** The ControlNets that can be read are those of one family; what nobody knows is taken for it. */
    private static boolean fits(Baseline baseline) {
        return baseline == Baseline.STABLE_DIFFUSION_1 || baseline == Baseline.OTHER;
    }

    /**
     * Adds it to what has been prepared.
     *
     * @throws Preparations.CannotException if nothing is left of what was asked for
     */
    static Preparation onto(Preparation ready, ImageJob job, Skills skills) {
        ImageRequest request = ready.request();
        ImageFeatures features = request.features();
        if (chain(job, skills) instanceof Chain.Steps(List<String> names)) {
            features = features.withPostProcessing(names);
        }
        Optional<Following> following = following(job, skills);
        if (following.isPresent() && following.get() instanceof Following.With(String net, ControlUse.Type type)) {
            features = followed(features, net, type, onlyMap(job.payload()));
        }
        return new Preparation(request.with(features), ready.remarks(), ready.leases());
    }

    /** The source image is what is followed and, unless only the map is wanted, what is started from. */
    private static ImageFeatures followed(ImageFeatures features, String net, ControlUse.Type type, boolean onlyMap) {
        Optional<SourceImage> source = features.source();
        if (source.isPresent()) {
            return features.withControl(new ControlUse(net, source.get().image(), type, STRENGTH, onlyMap));
        }
        if (onlyMap) {
            throw new Preparations.CannotException("its control map is wanted, but its source image could not be had");
        }
        return features; // As the existing worker does: drawn without, and the requester is told.
    }

    private static Chain chain(ImageJob job, Skills skills) {
        ImagePayload payload = job.payload();
        return skills.processors()
                .chain(
                        payload.postProcessing(),
                        ImageRequests.side(payload.width()),
                        ImageRequests.side(payload.height()),
                        job.ids().size(),
                        skills.nodeHeap());
    }

    private static Optional<Following> following(ImageJob job, Skills skills) {
        ImagePayload payload = job.payload();
        return payload.controlType()
                .map(type ->
                        skills.nets().following(type, payload.imageIsControl().orElse(false), onlyMap(payload)));
    }

    private static boolean onlyMap(ImagePayload payload) {
        return payload.returnControlMap().orElse(false);
    }
}

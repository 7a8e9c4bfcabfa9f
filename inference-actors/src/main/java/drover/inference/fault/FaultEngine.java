package drover.inference.fault;

import drover.inference.AttemptId;
import drover.inference.Drawing;
import drover.inference.Engine;
import drover.inference.EngineException;
import drover.inference.FaultPlan;
import drover.inference.Feature;
import drover.inference.ImageRequest;
import drover.inference.InferenceRequest;
import drover.inference.Phase;
import drover.inference.RunMonitor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Takes its time, reports every phase and step, and answers with a picture of coloured bars. A request's {@link
 * FaultPlan} makes something go wrong on the way.
 */
public final class FaultEngine implements Engine {
    private final FaultSettings settings;
    private final Optional<Trace> trace;
    private final Set<String> resident = ConcurrentHashMap.newKeySet();

    /** An engine with nothing loaded. */
    public FaultEngine(FaultSettings settings) {
        this.settings = settings;
        this.trace = Trace.open(settings);
    }

    @Override
    public String name() {
        return "fault";
    }

    @Override
    public Set<String> models() {
        return settings.models();
    }

    /** It draws the same bars whatever is asked for. */
    @Override
    public Set<Feature> features(String model) {
        return settings.models().contains(model) ? EnumSet.allOf(Feature.class) : Set.of();
    }

    @Override
    public Set<String> resident() {
        return Set.copyOf(resident);
    }

    @Override
    public List<Drawing> run(AttemptId attempt, InferenceRequest request, RunMonitor monitor) throws EngineException {
        return switch (request) {
            case ImageRequest image -> run(attempt, image, monitor);
        };
    }

    private List<Drawing> run(AttemptId attempt, ImageRequest request, RunMonitor monitor) throws EngineException {
        if (!settings.models().contains(request.model())) {
            throw new EngineException.Unsupported(
                    "the fault engine has no model " + request.model() + "; it has " + settings.models());
        }
        Stage stage = new Stage(settings, attempt, request.fault(), monitor, trace);
        stage.phase(Phase.STARTING, 1, Duration.ZERO);
        stage.phase(Phase.LOADING, 1, resident.contains(request.model()) ? Duration.ZERO : settings.loadTime());
        resident.add(request.model());
        stage.phase(Phase.ENCODING, 1, settings.encodeTime());
        stage.phase(Phase.DENOISING, request.steps(), settings.stepTime());
        stage.phase(Phase.DECODING, request.count(), settings.decodeTime());
        List<Drawing> drawings = new ArrayList<>();
        for (int i = 0; i < request.count(); i++) {
            long seed = request.seedOf(i);
            drawings.add(new Drawing(TestCard.of(request.width(), request.height(), seed), seed, Map.of()));
        }
        return drawings;
    }

    @Override
    public void close() {
        resident.clear();
        trace.ifPresent(Trace::close);
    }
}

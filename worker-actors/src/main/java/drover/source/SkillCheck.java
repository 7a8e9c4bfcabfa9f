package drover.source;

import drover.source.HordeCheck.Finding;
import drover.source.HordeCheck.Level;
import drover.source.bridge.BridgeData;
import drover.source.skills.ControlNets;
import drover.source.skills.ControlType;
import drover.source.skills.Offering;
import drover.source.skills.PostProcessor;
import drover.source.skills.PostProcessors;
import drover.source.skills.SkillSettings;
import drover.source.skills.Skills;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** Says which post-processors and ControlNets a worker that allows them has, which are missing, and what follows. */
public final class SkillCheck {
    private static final String COUNTED =
            "; the public Horde counts such pictures as dropped, and too many bring the worker into maintenance";

    private final List<Finding> findings = new ArrayList<>();

    private SkillCheck() {}

    /**
     * Looks at one worker.
     *
     * @param skills what is there
     * @param settings what is to be offered
     * @param agent as which the worker introduces itself
     */
    public static List<Finding> of(BridgeData data, Skills skills, SkillSettings settings, AgentCapabilities agent) {
        SkillCheck check = new SkillCheck();
        if (data.features().postProcessing()) {
            check.postProcessing(skills.processors(), settings, agent.granted());
        }
        if (data.features().controlnet()) {
            check.controlNet(skills.nets(), settings.controlNet());
        }
        return List.copyOf(check.findings);
    }

    private void add(Level level, String text) {
        findings.add(new Finding(level, text));
    }

    private void postProcessing(PostProcessors processors, SkillSettings settings, Collection<String> granted) {
        processors.problems().forEach(problem -> add(Level.WARNING, problem));
        String there = processors.there().keySet().stream()
                .sorted()
                .map(PostProcessor::hordeName)
                .collect(Collectors.joining(", "));
        String missing = processors.missing(granted).stream()
                .map(PostProcessor::hordeName)
                .collect(Collectors.joining(", "));
        Offering how = settings.postProcessing();
        if (how == Offering.OFF) {
            add(Level.WARNING, notOffered("allow_post_processing", "drover.horde.post-processing is off"));
        } else if (there.isEmpty()) {
            add(
                    Level.WARNING,
                    notOffered(
                            "allow_post_processing",
                            "there is no post-processor in " + settings.upscalers()
                                    + "; put RealESRGAN_x4plus.safetensors and the like there"));
        } else if (!processors.offered(how, granted)) {
            add(
                    Level.WARNING,
                    notOffered(
                            "allow_post_processing",
                            "a worker cannot tell the Horde which post-processors it has, and of those that may be asked for "
                                    + missing + " are not here (there are " + there
                                    + "); drover.horde.post-processing = some offers these all the same, and faults the"
                                    + " others at once"));
        } else {
            add(Level.OK, "post-processing is offered: " + there);
            if (!missing.isEmpty()) {
                add(Level.WARNING, "jobs that ask for " + missing + " are faulted at once" + COUNTED);
            }
            room(settings.nodeHeap());
        }
    }

    private void room(long nodeHeap) {
        int side = PostProcessors.longestSide(nodeHeap);
        add(
                Level.OK,
                "with drover.nodes.heap as it is, pictures of up to " + side + "x" + side
                        + " are enlarged four times, one at a time; larger ones are faulted at once");
    }

    private void controlNet(ControlNets nets, Offering how) {
        String there = names(nets.there().keySet());
        if (how == Offering.OFF) {
            add(Level.WARNING, notOffered("allow_controlnet", "drover.horde.controlnet is off"));
        } else if (there.isEmpty()) {
            add(
                    Level.WARNING,
                    notOffered(
                            "allow_controlnet",
                            "there is no ControlNet in drover.controlnets-dir that is called like one of the Horde's types,"
                                    + " such as control_v11p_sd15_canny.safetensors"));
        } else if (!nets.offered(how)) {
            add(
                    Level.WARNING,
                    notOffered(
                            "allow_controlnet",
                            "a worker cannot tell the Horde which types it has, and "
                                    + names(ControlNets.withoutAnnotator())
                                    + " cannot be made of plain pictures here" + missing(nets)
                                    + "; drover.horde.controlnet = some offers " + there
                                    + " all the same, and faults what cannot be done at once"));
        } else {
            add(
                    Level.OK,
                    "ControlNet is offered for Stable Diffusion 1: " + there
                            + "; all but canny only for pictures that are control maps already");
            add(
                    Level.WARNING,
                    "jobs that ask for other types, or for a map of " + names(ControlNets.withoutAnnotator())
                            + " to be made, are faulted at once" + COUNTED);
        }
    }

    private static String missing(ControlNets nets) {
        return nets.missing().isEmpty() ? "" : ", and there is no ControlNet for " + names(nets.missing());
    }

    private static String names(Collection<ControlType> types) {
        return types.stream().sorted().map(ControlType::hordeName).collect(Collectors.joining(", "));
    }

    private static String notOffered(String key, String why) {
        return key + " is on, but no such job is taken: " + why;
    }
}

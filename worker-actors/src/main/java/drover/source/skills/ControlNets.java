package drover.source.skills;

import drover.inference.ControlUse;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The ControlNets that are there, by their usual names.
 *
 * @param there what the engine calls the one for each type
 */
public record ControlNets(Map<ControlType, String> there) {
    /** None at all. */
    public static final ControlNets NONE = new ControlNets(Map.of());

    private static final String NEWEST = "v11";

    public ControlNets {
        there = Map.copyOf(there);
    }

    /** How a picture is to be followed. */
    public sealed interface Following {
        /**
         * With this one.
         *
         * @param net as the engine calls it
         * @param type what is made of the picture first
         */
        record With(String net, ControlUse.Type type) implements Following {}

        /** Not at all, because it cannot be done. */
        record Impossible(String why) implements Following {}
    }

    /** Takes files and folders for what they are called; of several for one type, one of version 1.1. */
    static ControlNets look(Collection<Path> files) {
        Map<ControlType, String> there = new EnumMap<>(ControlType.class);
        for (Path file : files) {
            String name = Skills.stem(file);
            for (ControlType type : ControlType.values()) {
                if (type.isIn(name)) {
                    there.merge(type, name, ControlNets::better);
                }
            }
        }
        return new ControlNets(there);
    }

    private static String better(String one, String other) {
        boolean newer = other.contains(NEWEST);
        if (one.contains(NEWEST) != newer) {
            return newer ? other : one;
        }
        return one.compareTo(other) < 0 ? one : other;
    }

    /** Types of which the ControlNet is not there. */
    public List<ControlType> missing() {
        return Arrays.stream(ControlType.values())
                .filter(it -> !there.containsKey(it))
                .toList();
    }

    /** Types that cannot be made of a plain picture here. */
    public static List<ControlType> withoutAnnotator() {
        return Arrays.stream(ControlType.values())
                .filter(it -> it.annotator().isEmpty())
                .toList();
    }

    /** Whether jobs with ControlNet are taken. */
    public boolean offered(Offering how) {
        return switch (how) {
            case OFF -> false;
            case ALL -> missing().isEmpty() && withoutAnnotator().isEmpty();
            case SOME -> !there.isEmpty();
        };
    }

    /**
     * How a job's picture is to be followed.
     *
     * @param asked the Horde's name of the type
     * @param isControl whether the picture is already what the ControlNet is to be shown
     * @param onlyMap whether nothing but that is wanted
     */
    public Following following(String asked, boolean isControl, boolean onlyMap) {
        Optional<ControlType> type = ControlType.named(asked);
        if (type.isEmpty()) {
            return new Following.Impossible("this worker does not know the ControlNet type "
                    + (asked.length() > 100 ? asked.substring(0, 100) + "…" : asked));
        }
        Optional<String> net = Optional.ofNullable(there.get(type.get()));
        if (net.isEmpty() && !onlyMap) {
            return new Following.Impossible("the ControlNet for " + type.get().hordeName() + " is not here");
        }
        Optional<ControlUse.Type> shown =
                isControl ? Optional.of(ControlUse.Type.NONE) : type.get().annotator();
        return shown.<Following>map(
                        it -> new Following.With(net.orElse(type.get().hordeName()), it))
                .orElseGet(() -> new Following.Impossible("nothing here makes what the ControlNet for "
                        + type.get().hordeName() + " is shown; only pictures that are that already can be followed"));
    }
}

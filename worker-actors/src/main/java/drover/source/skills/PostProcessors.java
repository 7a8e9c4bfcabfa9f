package drover.source.skills;

import drover.inference.EngineException;
import drover.inference.ImageFeatures;
import drover.upscale.RrdbNet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The post-processors that are there.
 *
 * @param there each with its file
 * @param problems files that are called like one but are of no use, and why
 */
public record PostProcessors(Map<PostProcessor, Upscaler> there, List<String> problems) {
    /** None at all. */
    public static final PostProcessors NONE = new PostProcessors(Map.of(), List.of());

    /** Pixels of a side that WebP can hold. */
    static final int LONGEST_SIDE = 16_383;

    /** Of a node's heap, a picture that is being encoded takes so many bytes per pixel, and each one beside it so many. */
    private static final int ENCODED_BYTES_PER_PIXEL = 16;

    private static final int BYTES_PER_PIXEL = 3;
    private static final double USABLE_HEAP = 0.9;

    public PostProcessors {
        there = Map.copyOf(there);
        problems = List.copyOf(problems);
    }

    /**
     * A file.
     *
     * @param name as the engine calls it
     * @param scale how many times as long each side becomes
     */
    public record Upscaler(String name, int scale) {}

    /** What is to be done for a job. */
    public sealed interface Chain {
        /**
         * These upscalers, in this order; perhaps none.
         *
         * @param names as the engine calls them
         */
        record Steps(List<String> names) implements Chain {
            public Steps {
                names = List.copyOf(names);
            }
        }

        /** Nothing, because it cannot be done. */
        record Impossible(String why) implements Chain {}
    }

    /** Looks at the files of a folder, of which only headers are read. */
    static PostProcessors look(Collection<Path> files) {
        Map<PostProcessor, Upscaler> there = new EnumMap<>(PostProcessor.class);
        List<String> problems = new ArrayList<>();
        for (Path file : files) {
            String name = Skills.stem(file);
            Optional<PostProcessor> known = Arrays.stream(PostProcessor.values())
                    .filter(it -> it.isReadable() && it.isIn(name))
                    .findFirst();
            if (known.isPresent()) {
                try {
                    there.putIfAbsent(known.get(), new Upscaler(name, RrdbNet.scaleOf(file)));
                } catch (EngineException e) {
                    problems.add(String.valueOf(e.getMessage()));
                }
            }
        }
        return new PostProcessors(there, problems);
    }

    /**
     * Those that are not there of those that may be asked for.
     *
     * @param granted what the Horde lets the worker do, by its names; empty if nobody knows, and then it may be anything
     */
    public List<PostProcessor> missing(Collection<String> granted) {
        return Arrays.stream(PostProcessor.values())
                .filter(it -> granted.isEmpty() || granted.contains(it.hordeName()))
                .filter(it -> !there.containsKey(it))
                .toList();
    }

    /** Whether jobs with post-processing are taken; see {@link #missing}. */
    public boolean offered(Offering how, Collection<String> granted) {
        return switch (how) {
            case OFF -> false;
            case ALL -> !there.isEmpty() && missing(granted).isEmpty();
            case SOME -> !there.isEmpty();
        };
    }

    /** The longest side of a square picture that can be enlarged four times in a heap of so many bytes. */
    public static int longestSide(long nodeHeap) {
        return (int) Math.min(LONGEST_SIDE / 4.0, Math.sqrt(nodeHeap * USABLE_HEAP / ENCODED_BYTES_PER_PIXEL) / 4);
    }

    /**
     * What is to be done for a job, in the order given. What nobody knows is passed over, as the existing worker does.
     *
     * @param asked the Horde's names
     * @param nodeHeap bytes of a node's Java heap
     */
    public Chain chain(List<String> asked, int width, int height, int pictures, long nodeHeap) {
        List<String> names = new ArrayList<>();
        long scale = 1;
        for (String name : asked) {
            Optional<PostProcessor> known = PostProcessor.named(name);
            if (known.isEmpty()) {
                continue;
            }
            Upscaler upscaler = there.get(known.get());
            if (upscaler == null) {
                return new Chain.Impossible("the post-processor " + known.get().hordeName() + " "
                        + known.get().whyMissing());
            }
            names.add(upscaler.name());
            if (names.size() > ImageFeatures.MAX_POST_PROCESSING) {
                return new Chain.Impossible(
                        "it asks for more than " + ImageFeatures.MAX_POST_PROCESSING + " post-processors");
            }
            scale *= upscaler.scale();
        }
        return names.isEmpty()
                ? new Chain.Steps(names)
                : sized(names, scale * width, scale * height, pictures, nodeHeap);
    }

    private static Chain sized(List<String> names, long width, long height, int pictures, long nodeHeap) {
        if (Math.max(width, height) > LONGEST_SIDE) {
            return new Chain.Impossible("enlarged it would be " + width + "x" + height
                    + ", but a WebP picture has at most " + LONGEST_SIDE + " pixels a side");
        }
        double bytes = (double) width * height * (ENCODED_BYTES_PER_PIXEL + BYTES_PER_PIXEL * (pictures - 1.0));
        if (bytes > nodeHeap * USABLE_HEAP) {
            return new Chain.Impossible("enlarged it would be " + pictures + " of " + width + "x" + height
                    + ", for which drover.nodes.heap is too small");
        }
        return new Chain.Steps(names);
    }
}

package drover.source.skills;

import java.nio.file.Path;

/**
 * What of that which the Horde calls by names of its own can be done here.
 *
 * @param processors what may be done to finished pictures
 * @param nets what may be followed
 * @param nodeHeap bytes of a node's Java heap, in which enlarged pictures have to fit
 */
public record Skills(PostProcessors processors, ControlNets nets, long nodeHeap) {
    static final String WEIGHTS = ".safetensors";

    /** Nothing. */
    public static final Skills NONE = new Skills(PostProcessors.NONE, ControlNets.NONE, 0);

    /** What the engine calls a file or a folder. */
    static String stem(Path file) {
        Path last = file.getFileName();
        String name = last == null ? file.toString() : last.toString();
        return name.endsWith(WEIGHTS) ? name.substring(0, name.length() - WEIGHTS.length()) : name;
    }
}

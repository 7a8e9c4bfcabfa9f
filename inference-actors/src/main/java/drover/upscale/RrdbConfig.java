package drover.upscale;

import drover.inference.EngineException;
import drover.weights.TensorInfo;
import drover.weights.Weights;
import java.util.List;
import java.util.Optional;

/**
 * The measures of an {@link RrdbNet}, which its file shows.
 *
 * @param shuffled by how much each side is folded into channels first: 1, 2 or 4
 * @param features channels between the blocks
 * @param growth channels that each convolution of a block adds
 * @param blocks how many blocks there are
 */
record RrdbConfig(int shuffled, int features, int growth, int blocks) {
    private static final int COLOURS = 3;
    /** The network itself always doubles twice. */
    private static final int DOUBLINGS = 4;

    private static final int MAX_BLOCKS = 1000;

    /** How many times as large the picture becomes. */
    int scale() {
        return DOUBLINGS / shuffled;
    }

    /** Channels of the first convolution. */
    int inChannels() {
        return COLOURS * shuffled * shuffled;
    }

    /**
     * Looks at the shapes in a file.
     *
     * @throws EngineException.Unsupported if they are not those of such a network
     */
    static RrdbConfig of(Weights weights, String source, boolean old) throws EngineException.Unsupported {
        List<Long> first = shape(weights, source, RrdbNet.storedName("conv_first.weight", old));
        List<Long> grown = shape(weights, source, RrdbNet.storedName("body.0.rdb1.conv1.weight", old));
        int blocks = 0;
        while (blocks < MAX_BLOCKS
                && weights.find(RrdbNet.storedName("body." + blocks + ".rdb1.conv1.weight", old))
                        .isPresent()) {
            blocks++;
        }
        for (int shuffled : new int[] {1, 2, 4}) {
            RrdbConfig config =
                    new RrdbConfig(shuffled, Math.toIntExact(first.get(0)), Math.toIntExact(grown.get(0)), blocks);
            if (config.inChannels() == first.get(1)) {
                return config;
            }
        }
        throw new EngineException.Unsupported(source + ": the first convolution takes " + first.get(1)
                + " channels; expected 3, 12 (for 2x) or 48 (for 1x)");
    }

    private static List<Long> shape(Weights weights, String source, String name) throws EngineException.Unsupported {
        Optional<List<Long>> shape = weights.find(name).map(TensorInfo::shape);
        boolean fits = shape.isPresent()
                && shape.get().size() == 4
                && shape.get().stream().allMatch(side -> side > 0 && side < 1 << 20);
        if (!fits) {
            throw new EngineException.Unsupported(source + " is no RRDBNet (ESRGAN, RealESRGAN x4plus or x2plus): "
                    + name + shape.map(s -> " has the shape " + s).orElse(" is missing"));
        }
        return shape.get();
    }
}

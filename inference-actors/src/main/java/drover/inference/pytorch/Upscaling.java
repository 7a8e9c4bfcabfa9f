package drover.inference.pytorch;

import ai.djl.ndarray.types.DataType;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.picture.Picture;
import drover.upscale.RrdbNet;
import drover.upscale.TiledUpscaler;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The networks that enlarge a run's pictures, one after the other. One run, on one thread. */
final class Upscaling {
    private static final Logger log = LoggerFactory.getLogger(Upscaling.class);

    /** With its margin, 0.1 GB for each of the largest tensors of RealESRGAN's full-size network. */
    private static final int PIECE = 128;

    private static final int MARGIN = 16;

    private final Torch torch;
    private final DataType precision;
    private final Lender lender;
    private final List<String> names;
    private final List<TiledUpscaler> upscalers = new ArrayList<>();

    /** Lends what the cache has, until the run ends. */
    @FunctionalInterface
    interface Lender {
        /**
         * Lends something.
         *
         * @param key see {@link Storeroom}
         * @param progress hears of loading
         */
        Loaded lease(String key, Progress progress) throws EngineException;
    }

    /**
     * Leases the networks.
     *
     * @param precision the usual one
     * @param names of the networks, in order
     */
    Upscaling(Torch torch, DataType precision, List<String> names, Lender lender, Progress loading)
            throws EngineException {
        this.torch = torch;
        this.precision = precision;
        this.lender = lender;
        this.names = names;
        for (String name : names) {
            upscalers.add(leased(Storeroom.upscaler(name), loading));
        }
    }

    private TiledUpscaler leased(String key, Progress progress) throws EngineException {
        if (!(lender.lease(key, progress) instanceof Loaded.Upscaler(RrdbNet net))) {
            throw new IllegalStateException(key + " is no upscaler");
        }
        return new TiledUpscaler(torch, net, PIECE, MARGIN);
    }

    /** How many times wider and higher a picture becomes. */
    int scale() {
        return upscalers.stream().mapToInt(TiledUpscaler::scale).reduce(1, Math::multiplyExact);
    }

    /** Enlarges a picture. A network that makes no numbers in half precision goes on in float32. */
    Picture enlarged(Picture picture, Progress processing) throws EngineException {
        Picture large = picture;
        for (int i = 0; i < upscalers.size(); i++) {
            try {
                large = run(upscalers.get(i), large, processing);
            } catch (EngineException.NotANumber e) {
                if (precision == DataType.FLOAT32) {
                    throw e;
                }
                log.warn("{} made no numbers in {}; in float32 from now on", names.get(i), precision);
                upscalers.set(i, leased(Storeroom.wide(Storeroom.upscaler(names.get(i))), processing));
                large = run(upscalers.get(i), large, processing);
            }
        }
        return large;
    }

    private static Picture run(TiledUpscaler upscaler, Picture picture, Progress processing) throws EngineException {
        int pieces = upscaler.pieces(picture.width(), picture.height());
        processing.begin(pieces);
        int[] done = {0};
        return upscaler.upscale(picture, () -> processing.at(++done[0], pieces));
    }
}

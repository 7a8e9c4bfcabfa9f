package drover.inference.pytorch;

import drover.diffusion.ControlNet;
import drover.diffusion.StableDiffusion;
import drover.upscale.RrdbNet;

/** What the cache keeps in memory. */
sealed interface Loaded extends ModelCache.Resident {
    /** A model that paints. */
    record Pipeline(StableDiffusion model) implements Loaded {
        @Override
        public long bytes() {
            return model.bytes();
        }

        @Override
        public void close() {
            model.close();
        }
    }

    /** A network that follows pictures. */
    record Follower(ControlNet net) implements Loaded {
        @Override
        public long bytes() {
            return net.bytes();
        }

        @Override
        public void close() {
            net.close();
        }
    }

    /** A network that enlarges pictures. */
    record Upscaler(RrdbNet net) implements Loaded {
        @Override
        public long bytes() {
            return net.bytes();
        }

        @Override
        public void close() {
            net.close();
        }
    }
}

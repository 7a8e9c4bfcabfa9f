package drover.upscale;

import ai.djl.ndarray.NDArray;
import drover.diffusion.StableDiffusion;
import drover.graph.NativeScope;
import drover.graph.Torch;
import drover.inference.EngineException;
import drover.picture.Picture;

/**
 * Runs an {@link RrdbNet} over a picture piece by piece, so that its memory does not grow with the picture. Each piece is
 * seen with a margin of what surrounds it, which is then cut off; beyond the picture's edges there is nothing to see.
 */
public final class TiledUpscaler {
    private final Torch torch;
    private final RrdbNet net;
    private final int side;
    private final int margin;

    /**
     * An upscaler.
     *
     * @param side of a piece, in pixels of the small picture, a multiple of {@link RrdbNet#multiple}
     * @param margin seen around each, a multiple of that as well
     */
    public TiledUpscaler(Torch torch, RrdbNet net, int side, int margin) {
        if (side < 1 || margin < 0 || side % net.multiple() != 0 || margin % net.multiple() != 0) {
            throw new IllegalArgumentException("pieces of " + side + " and margins of " + margin
                    + " pixels; expected multiples of " + net.multiple());
        }
        this.torch = torch;
        this.net = net;
        this.side = side;
        this.margin = margin;
    }

    /** Hears of every finished piece. */
    @FunctionalInterface
    public interface Listener {
        /**
         * Called after a piece.
         *
         * @throws EngineException to stop
         */
        void onPiece() throws EngineException;
    }

    /** How many times wider and higher pictures become. */
    public int scale() {
        return net.scale();
    }

    /** How many pieces a picture has. */
    public int pieces(int width, int height) {
        return Math.ceilDiv(width, side) * Math.ceilDiv(height, side);
    }

    /** Makes a picture larger by the network's factor. */
    public Picture upscale(Picture picture, Listener listener) throws EngineException {
        int scale = net.scale();
        byte[] large = new byte[3 * scale * picture.width() * scale * picture.height()];
        for (int top = 0; top < picture.height(); top += side) {
            for (int left = 0; left < picture.width(); left += side) {
                piece(picture, left, top, large);
                listener.onPiece();
            }
        }
        return new Picture(scale * picture.width(), scale * picture.height(), large);
    }

    private void piece(Picture picture, int left, int top, byte[] large) throws EngineException {
        int right = Math.min(left + side, picture.width());
        int bottom = Math.min(top + side, picture.height());
        int fromX = Math.max(0, left - margin);
        int fromY = Math.max(0, top - margin);
        // Folding networks want whole cells; what is missing of the last one is the picture's last row and column
        // again.
        int width = wholeCells(Math.min(right + margin, picture.width()) - fromX);
        int height = wholeCells(Math.min(bottom + margin, picture.height()) - fromY);
        int scale = net.scale();
        float[] planes = run(planes(picture, fromX, fromY, width, height), width, height);
        Picture seen = Picture.ofPlanes(StableDiffusion.finite(planes), scale * width, scale * height);
        int row = 3 * scale * (right - left);
        for (int y = scale * top; y < scale * bottom; y++) {
            int from = 3 * ((y - scale * fromY) * seen.width() + scale * (left - fromX));
            System.arraycopy(seen.rgb(), from, large, 3 * (y * scale * picture.width() + scale * left), row);
        }
    }

    private int wholeCells(int pixels) {
        return Math.ceilDiv(pixels, net.multiple()) * net.multiple();
    }

    private float[] run(float[] planes, int width, int height) {
        try (NativeScope scope = torch.open("upscaler run")) {
            NDArray input = scope.floats(planes, net.dtype(), 1, 3, height, width);
            return scope.toFloats(net.upscale(scope, input));
        }
    }

    private static float[] planes(Picture picture, int fromX, int fromY, int width, int height) {
        float[] planes = new float[3 * width * height];
        for (int y = 0; y < height; y++) {
            int fromRow = Math.min(fromY + y, picture.height() - 1) * picture.width();
            for (int x = 0; x < width; x++) {
                int from = 3 * (fromRow + Math.min(fromX + x, picture.width() - 1));
                for (int c = 0; c < 3; c++) {
                    planes[(c * height + y) * width + x] = (picture.rgb()[from + c] & 0xFF) / 255f;
                }
            }
        }
        return planes;
    }
}

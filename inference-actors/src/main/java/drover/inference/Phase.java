package drover.inference;

/**
 * The phases of an attempt, in the order in which they may occur. A job's position only ever moves forward through
 * this order; phases may be skipped.
 */
public enum Phase {
    /** Nothing has happened yet; the attempt has been handed to a runner. */
    STARTING,
    /** Auxiliary files (models, LoRAs, source images) are being fetched. */
    DOWNLOADING,
    /** Weights are being read and moved to the device. */
    LOADING,
    /** Prompts are being encoded. */
    ENCODING,
    /** Image models: denoising steps. */
    DENOISING,
    /** Language models: tokens. */
    GENERATING,
    /** Latents are being turned into pixels, tokens into text. */
    DECODING,
    /** Upscaling, face fixing and the like. */
    POST_PROCESSING,
    /** Safety checks. */
    CHECKING,
    /** The result is on its way to the asset store or to whoever ordered it. */
    UPLOADING
}

package drover.source.appetite;

/**
 * How much a job counts in the existing worker's measure, effective megapixel-steps: steps for each pixel, and what else
 * takes time, expressed in such steps. It says how much may be pending; how long something takes is measured.
 */
public final class EffectiveWork {
    /** What a job counts that is done but not yet submitted. */
    public static final long AWAITING_SUBMIT = 4;

    private static final double FURTHER_PICTURE = 0.2;
    /** Post-processing takes about as long as so many steps, says the existing worker. */
    public static final int UPSCALER_STEPS = 20;

    private static final double LORA = 4e6;
    private static final double FIRST_PASS_PIXELS = 512.0 * 512.0;
    private static final double HEAVY_MODEL = 6;
    private static final double QR_CODE = 2;
    private static final double CONTROLNET_WORKFLOW = 2;
    private static final double MEGA = 1e6;

    private EffectiveWork() {}

    /**
     * A job, as far as it matters here.
     *
     * @param width pixels
     * @param height pixels
     * @param steps as asked for
     * @param pictures of the batch
     * @param upscaler whether there is an upscaler among its post-processors
     * @param lora whether there is a LoRA
     * @param hiresFix whether it is drawn twice
     * @param heavyModel whether its model is Stable Cascade 1.0 or Flux.1-Schnell fp8 (Compact)
     * @param qrCode whether it is the workflow {@code qr_code}, which counts twice for being slow and twice for its ControlNet
     */
    public record Shape(
            int width,
            int height,
            int steps,
            int pictures,
            boolean upscaler,
            boolean lora,
            boolean hiresFix,
            boolean heavyModel,
            boolean qrCode) {}

    /** Effective megapixel-steps, rounded down. */
    public static long of(Shape job) {
        double pixels = (double) job.width() * job.height();
        double work = pixels * job.steps() * (1 + FURTHER_PICTURE * (job.pictures() - 1));
        if (job.upscaler()) {
            work += pixels * UPSCALER_STEPS * job.pictures();
        }
        if (job.lora()) {
            work += LORA;
        }
        if (job.hiresFix()) {
            work += FIRST_PASS_PIXELS * job.steps();
        }
        if (job.heavyModel()) {
            work *= HEAVY_MODEL;
        }
        if (job.qrCode()) {
            work *= QR_CODE * CONTROLNET_WORKFLOW;
        }
        return (long) Math.floor(work / MEGA);
    }
}

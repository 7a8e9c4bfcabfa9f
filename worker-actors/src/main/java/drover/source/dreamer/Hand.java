package drover.source.dreamer;

import drover.diffusion.HiresPlan;
import drover.horde.ImageJob;
import drover.inference.HiresFix;
import drover.inference.JobId;
import drover.ledger.Order;
import drover.source.appetite.EffectiveWork;
import java.util.HashMap;
import java.util.Map;

/** What a dreamer has in hand, summed up as it changes. Not for use by several threads. */
final class Hand {
    private final Map<JobId, Held> held = new HashMap<>();
    private final Map<String, Integer> byModel = new HashMap<>();
    private int ids;
    private int drawing;
    private long pending;
    private long pixelSteps;
    private long computed;
    private long asked;

    private record Held(String model, int ids, long work, long pixelSteps, boolean drawn) {}

    /** An order has come. */
    void take(Order order, ImageJob job, String model) {
        EffectiveWork.Shape shape = shape(job);
        long steps = pixelSteps(shape);
        int open =
                (int) order.parts().stream().filter(part -> !part.isAnswered()).count();
        Held fresh = new Held(model, open, EffectiveWork.of(shape), steps, false);
        if (held.putIfAbsent(order.job(), fresh) == null) {
            computed++;
            ids += open;
            drawing++;
            pending += fresh.work();
            pixelSteps += steps;
            byModel.merge(model, 1, Integer::sum);
        }
    }

    /** It is drawn; its answer is under way. */
    void drawn(JobId job) {
        Held before = held.get(job);
        if (before != null && !before.drawn()) {
            held.put(job, new Held(before.model(), before.ids(), EffectiveWork.AWAITING_SUBMIT, 0, true));
            drawing--;
            pending += EffectiveWork.AWAITING_SUBMIT - before.work();
            pixelSteps -= before.pixelSteps();
            byModel.computeIfPresent(before.model(), (_, count) -> count == 1 ? null : count - 1);
        }
    }

    /** It is answered. */
    void gone(JobId job) {
        drawn(job);
        Held before = held.remove(job);
        if (before != null) {
            ids -= before.ids();
            pending -= before.work();
        }
    }

    /** The part of a job that its work is counted by. */
    static EffectiveWork.Shape shape(ImageJob job) {
        return new EffectiveWork.Shape(
                ImageRequests.side(job.payload().width()),
                ImageRequests.side(job.payload().height()),
                ImageRequests.steps(job.payload()),
                job.ids().size(),
                !job.payload().postProcessing().isEmpty(),
                !job.payload().loras().isEmpty(),
                job.payload().hiresFix().orElse(false),
                false,
                job.payload().workflow().filter("qr_code"::equals).isPresent());
    }

    /** What a job takes in pixel-steps, as {@link drover.job.Work} will count them; post-processing counts as some more. */
    static long pixelSteps(EffectiveWork.Shape job) {
        long pixels = (long) job.width() * job.height();
        long each = job.hiresFix()
                ? HiresPlan.mostPixelSteps(job.width(), job.height(), job.steps(), HiresFix.DEFAULT_STRENGTH)
                : pixels * job.steps();
        return (each + (job.upscaler() ? pixels * EffectiveWork.UPSCALER_STEPS : 0)) * job.pictures();
    }

    /** Jobs that wait or are drawn. */
    int jobs() {
        return drawing;
    }

    /** All orders that are not answered. */
    int orders() {
        return held.size();
    }

    /** Pictures that are not answered. */
    int ids() {
        return ids;
    }

    /** Effective megapixel-steps. */
    long pending() {
        asked++;
        return pending;
    }

    /** How often the pending work has been asked for, and how often any job's had to be computed for that. */
    String figures() {
        return "asked for " + asked + " times, computed for " + computed + " jobs, each once";
    }

    /** Pixel-steps of what waits or is drawn. */
    long pixelSteps() {
        return pixelSteps;
    }

    /** How many jobs wait for the model or are drawn with it. */
    int of(String model) {
        return byModel.getOrDefault(model, 0);
    }
}

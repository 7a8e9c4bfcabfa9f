package drover.source.dreamer;

import drover.horde.ImageJob;
import drover.inference.JobId;
import drover.source.bridge.BridgeData;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Gets what a job needs beside its words, and makes the request of it. */
final class Preparations {
    /** The request, once all is there; what cannot be had is left out, with a remark. */
    CompletionStage<Preparation> prepare(JobId id, ImageJob job, String model, BridgeData.Content content) {
        return CompletableFuture.completedFuture(new Preparation(ImageRequests.of(job, model, content), List.of()));
    }
}

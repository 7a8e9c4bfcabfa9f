package drover.http;

import drover.inference.AssetStore;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the pictures that requests bring along, before their jobs are accepted; waits for the disk elsewhere. */
final class InputDesk {
    private static final Logger LOG = LoggerFactory.getLogger(InputDesk.class);
    private static final Duration SOON = Duration.ofSeconds(5);

    private final AssetStore store;
    private final Executor blocking;

    InputDesk(ActorSystem<?> system, AssetStore store) {
        this.store = store;
        this.blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
    }

    /** The request with what it brings along on disk; fails with a problem if that cannot be written. */
    CompletionStage<ImageRequest> keep(JobOrder order, JobId job) {
        PictureOrder pictures = order.pictures();
        if (!pictures.bringsPictures()) {
            return CompletableFuture.completedFuture(order.request());
        }
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return order.request().with(pictures.kept(store, job));
                    } catch (IOException e) {
                        LOG.warn("the inputs of job {} could not be written", job, e);
                        remove(job);
                        throw new CompletionException(ProblemException.later(
                                Problems.INPUT_NOT_STORED, "the pictures of the request could not be stored", SOON));
                    }
                },
                blocking);
    }

    /** The job was not accepted after all. */
    void forget(JobOrder order, JobId job) {
        if (order.pictures().bringsPictures()) {
            blocking.execute(() -> remove(job));
        }
    }

    private void remove(JobId job) {
        try {
            store.removeInputs(job);
        } catch (IOException e) {
            LOG.warn("the inputs of job {}, which was not accepted, could not be removed", job, e);
        }
    }
}

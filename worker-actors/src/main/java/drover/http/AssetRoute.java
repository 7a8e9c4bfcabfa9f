package drover.http;

import drover.inference.AssetRef;
import drover.inference.AssetStore;
import drover.job.Job;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.AllDirectives;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.stream.javadsl.StreamConverters;

/** Hands out results. They never change, so their hash is their entity tag. */
final class AssetRoute extends AllDirectives {
    private final AssetStore store;
    private final Executor blocking;

    AssetRoute(ActorSystem<?> system, AssetStore store) {
        this.store = store;
        this.blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
    }

    Route route(Job job, String index, HttpRequest request) {
        AssetRef ref = find(job, index);
        ContentType type = ContentTypes.parse(ref.mediaType());
        Negotiation.answers(request, type.mediaType());
        String tag = "\"" + ref.sha256() + "\"";
        List<HttpHeader> headers = List.of(
                RawHeader.create("ETag", tag),
                RawHeader.create("Cache-Control", "private, max-age=31536000, immutable"),
                RawHeader.create("X-Content-Type-Options", "nosniff"));
        boolean known = request.getHeader("If-None-Match")
                .map(HttpHeader::value)
                .filter(value -> value.contains(tag) || value.strip().equals("*"))
                .isPresent();
        if (known) {
            return complete(HttpResponse.create().withStatus(304).addHeaders(headers));
        }
        CompletionStage<Boolean> there = CompletableFuture.supplyAsync(() -> store.holds(ref), blocking);
        return onSuccess(there, held -> {
            if (!held) {
                throw ProblemException.of(
                        Problems.ASSET_GONE, "result " + index + " of job " + job.id() + " is no longer stored");
            }
            return complete(HttpResponse.create()
                    .withEntity(HttpEntities.create(
                            type, ref.bytes(), StreamConverters.fromInputStream(() -> store.open(ref))))
                    .addHeaders(headers));
        });
    }

    private static AssetRef find(Job job, String index) {
        int i = index.matches("[0-9]{1,4}") ? Integer.parseInt(index) : Integer.MAX_VALUE;
        if (i >= job.assets().size()) {
            throw ProblemException.of(
                    Problems.ASSET_NOT_FOUND,
                    "job " + job.id() + " is " + Names.of(job.state()) + " and has "
                            + job.assets().size() + " results, so there is no result " + index);
        }
        return job.assets().get(i);
    }
}

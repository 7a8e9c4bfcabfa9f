package drover.http;

import drover.inference.AssetRef;
import drover.inference.AssetStore;
import drover.job.HostPaths;
import drover.job.Job;
import drover.picture.BadImageException;
import drover.picture.Thumbnails;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands out results. They never change, so their hash is their entity tag. */
final class AssetRoute extends AllDirectives {
    private static final Logger LOG = LoggerFactory.getLogger(AssetRoute.class);

    private final AssetStore store;
    private final Thumbnails thumbnails = new Thumbnails();
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
        List<HttpHeader> headers = headers(tag);
        if (isKnown(request, tag)) {
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

    /** A small form of a result, made when it is first asked for. */
    Route thumbnail(Job job, String index, HttpRequest request) {
        AssetRef ref = find(job, index);
        ContentType type = ContentTypes.parse(Thumbnails.MEDIA_TYPE);
        Negotiation.answers(request, type.mediaType());
        String tag = "\"" + ref.sha256() + "-" + Thumbnails.SIDE + "\"";
        List<HttpHeader> headers = headers(tag);
        if (isKnown(request, tag)) {
            return complete(HttpResponse.create().withStatus(304).addHeaders(headers));
        }
        CompletionStage<byte[]> made = CompletableFuture.supplyAsync(() -> thumbnail(ref), blocking);
        return onSuccess(
                made,
                bytes -> complete(HttpResponse.create()
                        .withEntity(HttpEntities.create(type, bytes))
                        .addHeaders(headers)));
    }

    private byte[] thumbnail(AssetRef ref) {
        try {
            Optional<byte[]> kept = store.thumbnail(ref);
            if (kept.isPresent()) {
                return kept.get();
            }
            byte[] file;
            try (InputStream in = store.open(ref)) {
                file = in.readAllBytes();
            }
            byte[] made = thumbnails.of(file);
            keep(ref, made);
            return made;
        } catch (NoSuchFileException e) {
            throw ProblemException.of(Problems.ASSET_GONE, "result " + ref.key() + " is no longer stored");
        } catch (BadImageException e) {
            throw ProblemException.of(
                    Problems.ASSET_NOT_FOUND,
                    "there is no thumbnail of it: " + HostPaths.hidden(String.valueOf(e.getMessage())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A thumbnail that is not kept is made again. */
    private void keep(AssetRef ref, byte[] thumbnail) {
        try {
            store.keepThumbnail(ref, thumbnail);
        } catch (IOException e) {
            LOG.warn("the thumbnail of {} could not be kept: {}", ref.key(), e.toString());
        }
    }

    private static List<HttpHeader> headers(String tag) {
        return List.of(
                RawHeader.create("ETag", tag),
                RawHeader.create("Cache-Control", "private, max-age=31536000, immutable"),
                RawHeader.create("X-Content-Type-Options", "nosniff"));
    }

    private static boolean isKnown(HttpRequest request, String tag) {
        return request.getHeader("If-None-Match")
                .map(HttpHeader::value)
                .filter(value -> value.contains(tag) || value.strip().equals("*"))
                .isPresent();
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

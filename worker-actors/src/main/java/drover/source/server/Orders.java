package drover.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import drover.source.server.Generation.State;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What requesters ask of the state. Whoever calls holds its lock. */
final class Orders {
    private static final long SEEDS = 1L << 32;

    private final HordeState state;

    Orders(HordeState state) {
        this.state = state;
    }

    Answer order(Optional<String> key, JsonNode body) {
        Map<String, String> errors = new TreeMap<>(Validation.order(body));
        if (key.isEmpty()) {
            errors.put("apikey", LocalHorde.NO_KEY);
        }
        if (!errors.isEmpty()) {
            return Answer.invalid(errors);
        }
        Optional<Account> owner = key.flatMap(state::account);
        if (owner.isEmpty()) {
            return LocalHorde.unknownKey();
        }
        if (state.settings.maintenance()) {
            return Answer.refused(
                    400, "MaintenanceMode", "Horde has entered maintenance mode. Please try again later.");
        }
        if (!body.path("extra_source_images").isEmpty()) {
            return Answer.refused(
                    400, "InvalidExtraSourceImages.", "This request type does not accept extra source images.");
        }
        String id = state.newId();
        List<ImageRequest.StoredSource> sources = new ArrayList<>();
        for (Map.Entry<String, String> kind :
                Map.of("source_image", "_src", "source_mask", "_msk").entrySet()) {
            if (!body.hasNonNull(kind.getKey())) {
                continue;
            }
            String base64 = body.get(kind.getKey()).asText();
            String path = ObjectStore.SOURCES + id + kind.getValue() + ".webp";
            try {
                state.store.keep(path, Base64.getDecoder().decode(base64));
            } catch (IllegalArgumentException e) {
                return Answer.refused(400, "ImageValidationFailed", "Source image was not accepted.");
            }
            sources.add(new ImageRequest.StoredSource(kind.getKey(), path, base64));
        }
        ImageRequest request = new ImageRequest(
                id,
                owner.get(),
                body,
                seed(body.path("params").path("seed").asText("")),
                sources,
                state.clock.instant().plus(state.settings.requestLife()));
        double kudos = Math.max(
                1,
                Math.round(Rules.reward(
                                request,
                                request.models().stream()
                                        .findFirst()
                                        .map(name -> state.settings.models().getOrDefault(name, ""))
                                        .orElse(""))
                        * request.pictures()));
        ObjectNode answer = Answer.object().put("id", id).put("kudos", kudos);
        if (body.path("dry_run").asBoolean(false)) {
            return Answer.ok(Answer.object().put("kudos", kudos));
        }
        state.requests.put(id, request);
        if (!possible(request)) {
            String warning = "Warning: No available workers can fulfill this request. It will expire in 20 minutes"
                    + " unless a worker appears.";
            answer.put("message", warning)
                    .putArray("warnings")
                    .addObject()
                    .put("code", "NoAvailableWorker")
                    .put("message", warning);
        }
        return Answer.json(202, answer);
    }

    /** A number stays; words become one. */
    private String seed(String text) {
        if (text.isEmpty()) {
            return Long.toString(state.random.nextLong(SEEDS));
        }
        return text.matches("\\d{1,10}") ? text : Long.toString(Integer.toUnsignedLong(text.hashCode()));
    }

    private boolean possible(ImageRequest request) {
        return state.workers.values().stream()
                .anyMatch(worker -> worker.online(state.clock.instant())
                        && !worker.maintenance
                        && Matching.refusal(request, worker, worker.models).isEmpty());
    }

    Answer check(String id) {
        return found(id).map(request -> Answer.ok(counts(request))).orElseGet(() -> missing(id, "Check"));
    }

    Answer status(String id) {
        return found(id).map(request -> Answer.ok(whole(request))).orElseGet(() -> missing(id, "Status"));
    }

    Answer cancel(String id) {
        Optional<ImageRequest> request = found(id);
        if (request.isEmpty()) {
            return missing(id, "Status");
        }
        Answer answer = Answer.ok(whole(request.get()));
        request.get().cancelled = true;
        return answer;
    }

    private Optional<ImageRequest> found(String id) {
        return Optional.ofNullable(state.requests.get(id));
    }

    private static Answer missing(String id, String what) {
        return Answer.refused(
                404, "RequestNotFound", "Image Waiting Prompt (" + what + ") with ID '" + id + "' not found.");
    }

    private ObjectNode counts(ImageRequest request) {
        long place = state.requests.values().stream()
                .takeWhile(other -> other != request)
                .filter(ImageRequest::open)
                .count();
        boolean done = request.done();
        return Answer.object()
                .put("finished", request.count(State.DONE))
                .put("processing", request.count(State.PROCESSING))
                .put("restarted", request.faults)
                .put("waiting", request.open() ? request.waiting : 0)
                .put("done", done)
                .put("faulted", request.faulted)
                .put("wait_time", done ? 0 : 5)
                .put("queue_position", request.open() ? (int) place + 1 : 0)
                .put("kudos", 3.0)
                .put("is_possible", possible(request) || done);
    }

    private ObjectNode whole(ImageRequest request) {
        ObjectNode all = counts(request).put("shared", false);
        ArrayNode pictures = all.putArray("generations");
        for (Generation each : request.generations) {
            if (each.state != State.DONE) {
                continue;
            }
            ObjectNode picture = pictures.addObject()
                    .put("img", image(each))
                    .put("seed", Long.toString(each.seed))
                    .put("id", each.id)
                    .put("censored", each.censorship().isPresent())
                    .put("worker_id", each.worker.id)
                    .put("worker_name", each.worker.name)
                    .put("model", each.model)
                    .put("state", "ok");
            ArrayNode metadata = picture.putArray("gen_metadata");
            each.metadata.forEach(metadata::add);
        }
        return all;
    }

    private String image(Generation each) {
        if (!each.generation.equals("R2")) {
            return each.generation;
        }
        return each.request.flag("r2", true)
                ? state.store.address(state.base, "GET", HordeState.key(each))
                : state.store
                        .object(HordeState.key(each))
                        .map(Base64.getEncoder()::encodeToString)
                        .orElse("");
    }
}

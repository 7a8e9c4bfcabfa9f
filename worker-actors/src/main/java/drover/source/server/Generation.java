package drover.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One picture that a worker was asked for, with all that came of it. Guarded by the state that holds it. */
final class Generation {
    final String id;
    final ImageRequest request;
    final HordeWorkerRow worker;
    final String model;
    final Instant popped;
    final int ttl;
    final List<History.Put> puts = new ArrayList<>();
    final List<History.Submit> submits = new ArrayList<>();
    State state = State.PROCESSING;
    boolean gone;
    String generation = "";
    long seed;
    JsonNode metadata = JsonNodeFactory.instance.arrayNode();

    /** How it ended. */
    enum State {
        /** A worker has it. */
        PROCESSING,
        /** There is a result. */
        DONE,
        /** The worker gave it up. */
        FAULTED,
        /** The sweep took it from the worker. */
        STALE
    }

    Generation(String id, ImageRequest request, HordeWorkerRow worker, String model, Instant popped, int ttl) {
        this.id = id;
        this.request = request;
        this.worker = worker;
        this.model = model;
        this.popped = popped;
        this.ttl = ttl;
    }

    boolean overdue(Instant now) {
        return state == State.PROCESSING && now.isAfter(popped.plusSeconds(ttl));
    }

    /** What it was replaced for, if it was. */
    Optional<String> censorship() {
        for (JsonNode entry : metadata) {
            if (entry.path("type").asText().equals("censorship")) {
                return Optional.of(entry.path("value").asText());
            }
        }
        return Optional.empty();
    }

    History history() {
        return new History(id, request.id, worker.name, model, popped, ttl, state, gone, puts, submits, censorship());
    }
}

package drover.source.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import drover.client.DroverJson;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/** What a {@link LocalHorde} can be asked for, and where: the Horde's paths, the object store's, and its own. */
final class HordeRoutes {
    private static final String API = "/api/v2";

    private final HordeState state;
    private final Orders orders;
    private final Lookups lookups;
    private final Supplier<HordeBooks> books;

    /**
     * The paths of one server.
     *
     * @param state its lock is held while a request is answered
     * @param books what has come of everything so far
     */
    HordeRoutes(HordeState state, Supplier<HordeBooks> books) {
        this.state = state;
        this.orders = new Orders(state);
        this.lookups = new Lookups(state);
        this.books = books;
    }

    /**
     * Does what is asked for, and answers.
     *
     * @param heard whether the caller will get the answer
     */
    Answer answer(Call call, boolean heard) {
        synchronized (state) {
            state.passTime();
            if (call.path().startsWith(ObjectStore.RESULTS) || call.path().startsWith(ObjectStore.SOURCES)) {
                return stored(call);
            }
            if (call.path().startsWith(API)) {
                return api(call, call.path().substring(API.length()), heard);
            }
            return switch (call.path()) {
                case LocalHorde.REFERENCE -> get(call, () -> Answer.ok(reference()));
                case LocalHorde.BOOKS ->
                    get(call, () -> Answer.ok(DroverJson.mapper().valueToTree(books.get())));
                default -> Answer.unknownPath();
            };
        }
    }

    /** As a list of models that {@code drover.horde.model-reference} may name. */
    private ObjectNode reference() {
        ObjectNode all = Answer.object();
        state.settings.models().forEach((name, baseline) -> all.putObject(name).put("baseline", baseline));
        return all;
    }

    private Answer stored(Call call) {
        byte[] body = call.body().toArray();
        Answer answer = state.store.answer(call.toStore(), body);
        if (call.method().equals("PUT") && call.path().startsWith(ObjectStore.RESULTS)) {
            String id = call.path().substring(ObjectStore.RESULTS.length()).replace(".webp", "");
            Generation generation = state.generations.get(id);
            if (generation != null) {
                generation.puts.add(
                        new History.Put(state.clock.instant(), answer.status(), body.length, History.webp(body)));
            }
        }
        return answer;
    }

    private Answer api(Call call, String path, boolean heard) {
        return switch (path) {
            case "/generate/pop" -> post(call, body -> state.pop(call.key(), body));
            case "/generate/submit" -> post(call, body -> state.submit(call.key(), body, heard));
            case "/generate/async" -> post(call, body -> orders.order(call.key(), body));
            case "/find_user" -> get(call, () -> lookups.findUser(call.key()));
            case "/status/heartbeat" -> get(call, lookups::heartbeat);
            case "/status/modes" -> get(call, lookups::modes);
            case "/status/models" -> get(call, lookups::queues);
            case "/stats/img/models" -> get(call, lookups::use);
            case "/workers/messages" ->
                call.method().equals("POST")
                        ? post(call, body -> lookups.note(call.key(), body))
                        : get(call, () -> lookups.notes(call.key()));
            default -> deeper(call, path);
        };
    }

    private Answer deeper(Call call, String path) {
        int slash = path.lastIndexOf('/');
        String last = URLDecoder.decode(path.substring(slash + 1), StandardCharsets.UTF_8);
        return switch (path.substring(0, Math.max(0, slash))) {
            case "/workers/name" -> get(call, () -> lookups.workerNamed(last));
            case "/workers" ->
                call.method().equals("PUT")
                        ? call.json(body -> lookups.change(call.key(), last, body))
                        : get(call, () -> lookups.worker(last));
            case "/workers/messages" ->
                call.method().equals("DELETE") ? lookups.removeNote(last) : get(call, () -> lookups.note(last));
            case "/generate/check" -> get(call, () -> orders.check(last));
            case "/generate/status" ->
                call.method().equals("DELETE") ? orders.cancel(last) : get(call, () -> orders.status(last));
            default -> Answer.unknownPath();
        };
    }

    private static Answer post(Call call, Call.Reader reader) {
        return call.method().equals("POST") ? call.json(reader) : notAllowed();
    }

    private static Answer get(Call call, Supplier<Answer> answer) {
        return call.method().equals("GET") ? answer.get() : notAllowed();
    }

    private static Answer notAllowed() {
        return Answer.message(405, "The method is not allowed for the requested URL.");
    }
}

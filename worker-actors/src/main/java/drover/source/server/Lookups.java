package drover.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** What is only looked at, and what owners change. Whoever calls holds the state's lock. */
final class Lookups {
    private final HordeState state;
    private final Map<String, Kept> cache = new HashMap<>();

    private record Kept(Answer answer, Instant until) {}

    Lookups(HordeState state) {
        this.state = state;
    }

    /** As it was up to a while ago. */
    private Answer cached(String what, Supplier<Answer> fresh) {
        Instant now = state.clock.instant();
        Kept kept = cache.get(what);
        if (kept != null && now.isBefore(kept.until())) {
            return kept.answer();
        }
        Answer answer = fresh.get();
        if (answer.success()) {
            cache.put(what, new Kept(answer, now.plus(state.settings.lookupCache())));
        }
        return answer;
    }

    Answer findUser(Optional<String> key) {
        return cached(
                "user " + key.orElse(""),
                () -> key.flatMap(state::account)
                        .map(account -> Answer.ok(user(account)))
                        .orElseGet(() -> Answer.refused(
                                404, "UserNotFound", "User with api_key '" + key.orElse("") + "' not found.")));
    }

    private ObjectNode user(Account account) {
        ObjectNode all = Answer.object()
                .put("username", account.username())
                .put("id", account.id)
                .put("kudos", account.kudos)
                .put("concurrency", 500)
                .put("worker_invited", 0)
                .put("moderator", false)
                .put("trusted", account.trusted)
                .put("flagged", account.flagged)
                .put("vpn", false)
                .put("service", false)
                .put("education", false)
                .put("customizer", false)
                .put("special", false)
                .put("deleted", false)
                .put("pseudonymous", account.anonymous())
                .put("account_age", 0);
        all.putArray("styles");
        all.putArray("sharedkey_ids");
        ArrayNode ids = all.putArray("worker_ids");
        state.workers.values().stream()
                .filter(worker -> worker.owner.equals(account))
                .forEach(worker -> ids.add(worker.id));
        all.put("worker_count", ids.size());
        ObjectNode kudos = all.putObject("kudos_details");
        for (String kind :
                List.of("accumulated", "gifted", "donated", "admin", "received", "recurring", "awarded", "styled")) {
            kudos.put(kind, 0);
        }
        all.putObject("usage").putNull("megapixelsteps").putNull("requests");
        all.putObject("contributions").putNull("megapixelsteps").putNull("fulfillments");
        ObjectNode records = all.putObject("records");
        for (String things : List.of("usage", "contribution")) {
            records.putObject(things).put("megapixelsteps", 0).put("tokens", 0);
        }
        for (String jobs : List.of("fulfillment", "request", "style")) {
            records.putObject(jobs).put("image", 0).put("text", 0).put("interrogation", 0);
        }
        return all;
    }

    Answer workerNamed(String name) {
        return cached(
                "named " + name,
                () -> state.workerNamed(name)
                        .map(worker -> Answer.ok(details(worker)))
                        .orElseGet(() -> missing("name", name)));
    }

    Answer worker(String id) {
        return cached(
                "worker " + id,
                () -> Optional.ofNullable(state.workers.get(id))
                        .map(worker -> Answer.ok(details(worker)))
                        .orElseGet(() -> missing("ID", id)));
    }

    private ObjectNode details(HordeWorkerRow worker) {
        ObjectNode all = worker.details(state.clock.instant());
        List<ObjectNode> notes = state.notes.of(worker, state.clock.instant());
        if (!notes.isEmpty()) {
            notes.forEach(all.putArray("messages")::add);
        }
        return state.settings.ownersShown() ? all.put("owner", worker.owner.username()) : all;
    }

    private static Answer missing(String by, String what) {
        return Answer.refused(404, "WorkerNotFound", "Worker with " + by + " '" + what + "' not found.");
    }

    Answer change(Optional<String> key, String id, JsonNode body) {
        Map<String, String> errors = Validation.change(body);
        if (!errors.isEmpty()) {
            return Answer.invalid(errors);
        }
        Optional<Account> caller = key.flatMap(state::account);
        if (caller.isEmpty()) {
            return LocalHorde.unknownKey();
        }
        HordeWorkerRow worker = state.workers.get(id);
        if (worker == null) {
            return missing("ID", id);
        }
        if (body.has("paused")) {
            return Answer.refused(403, "NotModerator", "You're not a mod.");
        }
        if (!worker.owner.equals(caller.get())) {
            return Answer.refused(403, "NotOwner", "You're not an admin.");
        }
        ObjectNode changed = Answer.object();
        if (body.has("name")) {
            String name = body.get("name").asText();
            if (state.workerNamed(name).filter(other -> other != worker).isPresent()) {
                return Answer.refused(
                        400, "WorkerNameAlreadyExists", "The specified worker name '" + name + "' is already taken!");
            }
            worker.name = name;
            changed.put("name", name);
        }
        if (body.has("maintenance")) {
            worker.maintenance = body.get("maintenance").asBoolean();
            worker.maintenanceMessage =
                    body.path("maintenance_msg").asText("This worker has been put into maintenance mode by its owner");
            changed.put("maintenance", worker.maintenance);
        }
        if (body.has("info")) {
            worker.info = Optional.of(body.get("info").asText());
            changed.put("info", body.get("info").asText());
        }
        return changed.isEmpty()
                ? Answer.refused(400, "NoWorkerModSelected", "No worker modification selected!")
                : Answer.ok(changed);
    }

    Answer notes(Optional<String> key) {
        return key.flatMap(state::account)
                .map(account -> {
                    ArrayNode all = JsonNodeFactory.instance.arrayNode();
                    state.notes.by(account).forEach(all::add);
                    return Answer.ok(all);
                })
                .orElseGet(LocalHorde::unknownKey);
    }

    Answer note(Optional<String> key, JsonNode body) {
        Optional<Account> author = key.flatMap(state::account);
        if (author.isEmpty()) {
            return LocalHorde.unknownKey();
        }
        Instant now = state.clock.instant();
        WorkerNotes.Note note = new WorkerNotes.Note(
                state.newId(),
                author.get(),
                Optional.of(body.path("worker_id").asText("")).filter(id -> !id.isEmpty()),
                body.path("message").asText(),
                body.path("origin").asText(author.get().username()),
                now,
                now.plus(Duration.ofHours(body.path("expiry").asInt(12))));
        state.notes.add(note);
        return Answer.ok(note.whole());
    }

    Answer note(String id) {
        return state.notes.find(id).map(note -> Answer.ok(note.whole())).orElseGet(() -> unknownNote(id));
    }

    Answer removeNote(String id) {
        return state.notes.remove(id) ? Answer.message(200, "OK") : unknownNote(id);
    }

    private static Answer unknownNote(String id) {
        return Answer.refused(404, "WorkerMessageNotFound", "Worker message with ID '" + id + "' not found.");
    }

    Answer heartbeat() {
        return Answer.ok(Answer.object()
                .put("message", "OK")
                .put("version", "5.1.5")
                .put("queue", 0)
                .put("threads", 16)
                .put("active_count", 0)
                .put("db_connection", true));
    }

    Answer modes() {
        return Answer.ok(Answer.object()
                .put("maintenance_mode", state.settings.maintenance())
                .put("invite_only_mode", state.settings.inviteOnly()));
    }

    Answer queues() {
        ArrayNode all = JsonNodeFactory.instance.arrayNode();
        for (String model : state.settings.models().keySet()) {
            List<ImageRequest> waiting = state.requests.values().stream()
                    .filter(request -> request.open() && request.models().contains(model))
                    .toList();
            long workers = state.workers.values().stream()
                    .filter(worker -> worker.online(state.clock.instant()) && worker.models.contains(model))
                    .count();
            all.addObject()
                    .put("name", model)
                    .put("count", workers)
                    .put("performance", 1.0)
                    .put(
                            "queued",
                            waiting.stream()
                                    .mapToDouble(it -> it.pixels() * (double) it.steps() * it.waiting / 1e6)
                                    .sum())
                    .put("jobs", waiting.stream().mapToDouble(it -> it.waiting).sum())
                    .put("eta", 0)
                    .put("type", "image");
        }
        return Answer.ok(all);
    }

    Answer use() {
        ObjectNode all = Answer.object();
        for (String period : List.of("day", "month", "total")) {
            ObjectNode models = all.putObject(period);
            state.settings.monthlyUse().forEach(models::put);
        }
        return Answer.ok(all);
    }
}

package drover.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import drover.source.server.Generation.State;
import drover.source.server.HordeWorkerRow.CheckIn;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * What the server knows, and what it does with it. Whoever calls holds {@code this} as the lock. Time passes between calls
 * only: the sweep that was due is made up for before anything else.
 */
final class HordeState {
    private static final int MAX_MODELS = 300;
    private static final int MAX_NAME = 100;
    private static final int MAX_METADATA = 50;
    private static final int UNTRUSTED_WORKERS = 3;
    private static final Pattern ALIAS = Pattern.compile(".+#\\d+");
    final LocalHorde.Settings settings;
    final InstantSource clock;
    final RandomGenerator random;
    final ObjectStore store;
    final Map<String, Account> accounts = new LinkedHashMap<>();
    final Map<String, HordeWorkerRow> workers = new LinkedHashMap<>();
    final Map<String, ImageRequest> requests = new LinkedHashMap<>();
    final Map<String, Generation> generations = new LinkedHashMap<>();
    final WorkerNotes notes = new WorkerNotes();
    private final Handout handout = new Handout(this);
    String base = "";
    private Instant nextSweep;

    HordeState(LocalHorde.Settings settings, InstantSource clock, RandomGenerator random, ObjectStore store) {
        this.settings = settings;
        this.clock = clock;
        this.random = random;
        this.store = store;
        this.nextSweep = clock.instant().plus(settings.sweepEvery());
        accounts.put(Account.ANONYMOUS, new Account(0, Account.ANONYMOUS, "Anonymous", false));
    }

    Account account(String key, String alias, boolean trusted) {
        Account account = new Account(accounts.size(), key, alias, trusted);
        accounts.put(key, account);
        return account;
    }

    Optional<Account> account(String key) {
        return Optional.ofNullable(accounts.get(key));
    }

    Optional<HordeWorkerRow> workerNamed(String name) {
        return workers.values().stream().filter(it -> it.name.equals(name)).findFirst();
    }

    String newId() {
        return new UUID(
                        (random.nextLong() & ~0xf000L) | 0x4000L,
                        (random.nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L)
                .toString();
    }

    /** Takes from workers what they have had for too long, if the sweep is due; forgets requests that are too old. */
    void passTime() {
        Instant now = clock.instant();
        if (now.isBefore(nextSweep)) {
            return;
        }
        Instant swept = nextSweep;
        while (!swept.plus(settings.sweepEvery()).isAfter(now)) {
            swept = swept.plus(settings.sweepEvery());
        }
        nextSweep = swept.plus(settings.sweepEvery());
        sweep(swept);
    }

    private void sweep(Instant at) {
        for (Generation each : generations.values()) {
            if (each.overdue(at)) {
                each.state = State.STALE;
                returned(each, at);
            }
        }
        for (ImageRequest request : List.copyOf(requests.values())) {
            if (!at.isBefore(request.expires)) {
                requests.remove(request.id);
                request.sources.forEach(source -> store.remove(source.key()));
                for (Generation each : request.generations) {
                    each.gone = true;
                    store.remove(key(each));
                }
            }
        }
    }

    /** A slot is free again, and it counts against the worker. */
    private void returned(Generation generation, Instant at) {
        ImageRequest request = generation.request;
        request.waiting++;
        request.faults++;
        if (request.faults >= settings.faultsOfARequest()) {
            request.faulted = true;
        }
        generation.worker.dropped(at, settings.toleratedDrops());
    }

    Answer pop(Optional<String> key, JsonNode body) {
        Map<String, String> errors = new TreeMap<>(Validation.pop(body));
        if (key.isEmpty()) {
            errors.put("apikey", LocalHorde.NO_KEY);
        }
        if (!errors.isEmpty()) {
            return Answer.invalid(errors);
        }
        if (ImageRequest.texts(body.path("priority_usernames")).stream()
                .anyMatch(name -> !ALIAS.matcher(name).matches())) {
            return Answer.refused(
                    400,
                    "InvalidPriorityUsername",
                    "Priority usernames need to be provided in the form of 'alias#number'. Example: 'db0#1'");
        }
        Optional<Account> caller = account(key.get());
        if (caller.isEmpty()) {
            return LocalHorde.unknownKey();
        }
        Optional<Answer> unwelcome = unwelcome(caller.get(), body);
        if (unwelcome.isPresent()) {
            return unwelcome.get();
        }
        List<String> offered = ImageRequest.texts(body.path("models")).stream()
                .filter(settings.models()::containsKey)
                .limit(MAX_MODELS)
                .toList();
        if (offered.isEmpty()) {
            return Answer.refused(
                    400,
                    "BadRequest",
                    "Unfortunately we cannot accept workers serving unrecognised models at this time");
        }
        String name = body.get("name").asText().strip();
        Instant now = clock.instant();
        HordeWorkerRow worker = workerNamed(name).orElseGet(() -> {
            HordeWorkerRow fresh = new HordeWorkerRow(newId(), name, caller.get(), CheckIn.of(body), now);
            workers.put(fresh.id, fresh);
            return fresh;
        });
        worker.checkIn(CheckIn.of(body), offered, now, settings.checkInEvery());
        return hand(worker, offered, body);
    }

    private Optional<Answer> unwelcome(Account caller, JsonNode body) {
        String name = body.get("name").asText().strip();
        String lower = name.toLowerCase(Locale.ROOT);
        if (caller.anonymous()) {
            return refused(403, "AnonForbiddenWorker", "Anonymous user is forbidden from performing this operation");
        }
        if (caller.flagged) {
            return refused(403, "WorkerFlaggedMaintenance", "Your user has been flagged for suspicious activity.");
        }
        Optional<HordeWorkerRow> known = workerNamed(name);
        if (known.isPresent()) {
            return known.get().owner.equals(caller)
                    ? Optional.empty()
                    : refused(403, "WrongCredentials", "Wrong credentials to submit as this worker.");
        }
        for (String word : List.of("colab", "tpu", "google")) {
            if (lower.contains(word)) {
                return refused(
                        400,
                        "BadRequest",
                        "To avoid unwanted attention, please do not use '" + word + "' in your worker names.");
            }
        }
        if (lower.contains(settings.profanity())) {
            return refused(400, "ProfaneWorkerName", "As our API is public, we do not allow profanity.");
        }
        if (body.path("bridge_agent").asText().toLowerCase(Locale.ROOT).contains(settings.profanity())) {
            return refused(400, "ProfaneBridgeAgent", "As our API is public, we do not allow profanity.");
        }
        if (name.length() > MAX_NAME) {
            return Optional.of(Answer.broken());
        }
        long owned = workers.values().stream()
                .filter(worker -> worker.owner.equals(caller))
                .count();
        return !caller.trusted && owned >= UNTRUSTED_WORKERS
                ? refused(
                        403,
                        "TooManyWorkers",
                        "To avoid abuse, untrusted users can only have up to 3 distinct workers.")
                : Optional.empty();
    }

    private static Optional<Answer> refused(int status, String rc, String message) {
        return Optional.of(Answer.refused(status, rc, message));
    }

    private Answer hand(HordeWorkerRow worker, List<String> offered, JsonNode body) {
        List<String> priority = new ArrayList<>(ImageRequest.texts(body.path("priority_usernames")));
        priority.add(worker.owner.username());
        Map<String, Integer> skipped = new TreeMap<>();
        ImageRequest chosen = null;
        for (ImageRequest request : requests.values()) {
            boolean own = request.owner.equals(worker.owner);
            if (!request.open() || (worker.maintenance && !own)) {
                continue;
            }
            Optional<String> refusal = Matching.refusal(request, worker, offered);
            if (refusal.isPresent()) {
                skipped.merge(refusal.get(), 1, Integer::sum);
            } else if (chosen == null
                    || (priority.contains(request.owner.username()) && !priority.contains(chosen.owner.username()))) {
                chosen = request;
            }
        }
        if (chosen == null) {
            return worker.maintenance
                    ? Answer.refused(403, "WorkerMaintenance", worker.maintenanceMessage)
                    : Answer.ok(handout.nothing(worker, skipped));
        }
        return Answer.ok(
                handout.job(chosen, worker, offered, body.path("amount").asInt(1)));
    }

    static String key(Generation generation) {
        return ObjectStore.RESULTS + generation.id + ".webp";
    }

    /**
     * Takes a result: each id once, however many come at the same time.
     *
     * @param heard whether the answer is going to be sent
     */
    Answer submit(Optional<String> key, JsonNode body, boolean heard) {
        Map<String, String> errors = Validation.submit(body);
        if (!errors.isEmpty()) {
            return Answer.invalid(errors);
        }
        Optional<Generation> found =
                Optional.ofNullable(generations.get(body.get("id").asText()));
        if (found.isEmpty()) {
            return gone(body.get("id").asText());
        }
        Generation generation = found.get();
        State before = generation.state;
        Answer answer = take(generation, key.flatMap(this::account), body);
        boolean accepted = before != generation.state;
        generation.submits.add(
                new History.Submit(clock.instant(), body, answer.status(), answer.rc(), accepted, heard));
        return answer;
    }

    private static Answer gone(String id) {
        return Answer.refused(
                404,
                "InvalidJobID",
                "Processing Job with ID " + id
                        + " does not exist. You have requested this URI [/api/v2/generate/submit] but did you mean"
                        + " /api/v2/generate/submit or /api/v2/generate/text/submit or /api/v2/interrogate/submit ?");
    }

    private Answer take(Generation generation, Optional<Account> caller, JsonNode body) {
        if (generation.gone) {
            return gone(generation.id);
        }
        if (caller.isEmpty()) {
            return Answer.broken();
        }
        HordeWorkerRow worker = generation.worker;
        if (!caller.get().equals(worker.owner)) {
            return Answer.refused(403, "WrongCredentials", "Wrong credentials to submit as this worker.");
        }
        boolean fault = body.path("state").asText("ok").equals("faulted");
        if (generation.state == State.DONE) {
            return worker.maintenance
                    ? paid(0)
                    : Answer.refused(
                            400,
                            "DuplicateGen",
                            "Processing Generation with ID " + generation.id + " already submitted.");
        }
        if (fault) {
            if (generation.state == State.PROCESSING) {
                generation.state = State.FAULTED;
                returned(generation, clock.instant());
            }
            return paid(0);
        }
        if (generation.state != State.PROCESSING) {
            return Answer.refused(
                    400,
                    "AbortedGen",
                    "Processing Generation with ID " + generation.id
                            + " took too long to process and has been aborted! Please check your worker speed");
        }
        return accept(generation, body);
    }

    private Answer accept(Generation generation, JsonNode body) {
        generation.state = State.DONE;
        generation.generation = body.get("generation").asText();
        generation.seed = body.get("seed").asLong();
        generation.metadata = body.path("gen_metadata");
        HordeWorkerRow worker = generation.worker;
        double reward = Rules.reward(generation.request, settings.models().getOrDefault(generation.model, ""));
        double credited =
                Math.round(reward * worker.checkIn.capabilities().standing().kudosFactor());
        worker.fulfilled++;
        worker.kudos += credited;
        worker.megapixelSteps += generation.request.pixels() * (double) generation.request.steps() / 1_000_000;
        worker.owner.kudos += credited;
        return generation.metadata.size() > MAX_METADATA
                ? Answer.refused(400, "BadRequest", "Too many metadata fields. Max is 50.")
                : paid(reward);
    }

    private static Answer paid(double reward) {
        return Answer.ok(Answer.object().put("reward", reward));
    }
}

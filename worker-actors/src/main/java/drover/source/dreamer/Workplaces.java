package drover.source.dreamer;

import drover.ledger.Earning;
import drover.ledger.Order;
import drover.source.bridge.BridgeData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Who works by which of the operator's files, and why nobody does. Orders that were found open are given out here. */
final class Workplaces {
    private final ActorContext<HordeSource.Command> context;
    private final DreamerLinks links;
    private final Map<Path, Place> places = new LinkedHashMap<>();
    private final List<Order> unclaimed = new ArrayList<>();
    private List<Earning> earnings = List.of();

    /** What is known of a file. */
    private static final class Place {
        private Optional<BridgeData> data = Optional.empty();
        private Optional<ActorRef<Dreamer.Command>> dreamer = Optional.empty();
        private Optional<String> idle = Optional.empty();
    }

    /** Nobody works by any of these files yet. */
    Workplaces(ActorContext<HordeSource.Command> context, DreamerLinks links, List<Path> files) {
        this.context = context;
        this.links = links;
        files.forEach(file -> places.put(file, new Place()));
    }

    boolean isEmpty() {
        return places.isEmpty();
    }

    /** Those who work. */
    List<ActorRef<Dreamer.Command>> dreamers() {
        return places.values().stream().flatMap(place -> place.dreamer.stream()).toList();
    }

    /** What the files say, as far as they can be used. */
    List<Optional<BridgeData>> data() {
        return places.values().stream().map(place -> place.data).toList();
    }

    /** Files by which nobody works, and why. */
    List<String> idle() {
        return places.entrySet().stream()
                .flatMap(place -> place.getValue().idle.stream().map(why -> place.getKey() + ": " + why))
                .toList();
    }

    /** What workers have earned before this process; for those that begin from now on. */
    void earned(List<Earning> before) {
        earnings = before;
    }

    /** This is what a file says. */
    void say(Path file, BridgeData data) {
        Place place = places.get(file);
        if (place != null) {
            place.data = Optional.of(data);
        }
    }

    /** Whether somebody could work by some file. */
    boolean isWanted() {
        return places.entrySet().stream()
                .anyMatch(place -> place.getValue().data.isPresent()
                        && whyIdle(place.getKey(), place.getValue().data.get()).isEmpty());
    }

    /**
     * Begins to work by each file that has what it takes, or goes by what it says now.
     *
     * @param setup what a worker goes by, by what its file says
     */
    void begin(Function<BridgeData, DreamerSetup> setup) {
        places.keySet().forEach(file -> begin(file, setup));
    }

    /** See {@link #begin(Function)}. */
    void begin(Path file, Function<BridgeData, DreamerSetup> setup) {
        Place place = places.get(file);
        if (place == null || place.data.isEmpty()) {
            return;
        }
        BridgeData data = place.data.get();
        Optional<String> idle = whyIdle(file, data);
        if (idle.isPresent()) {
            idle(file, idle.get());
            return;
        }
        place.idle = Optional.empty();
        if (place.dreamer.isPresent()) {
            place.dreamer.get().tell(new Dreamer.Use(setup.apply(data)));
            return;
        }
        List<Earning> before = earnings.stream()
                .filter(it -> it.source().equals(data.workerName()))
                .toList();
        place.dreamer = Optional.of(context.spawn(
                Behaviors.supervise(Dreamer.create(links, setup.apply(data), before))
                        .onFailure(SupervisorStrategy.restart()),
                "dreamer-" + new ArrayList<>(places.keySet()).indexOf(file)));
        context.getLog().info("{} works for the Horde at {}", data.workerName(), data.hordeUrl());
        claim();
    }

    /** Nobody works by this file. */
    void idle(Path file, String why) {
        Place place = places.get(file);
        if (place != null && !place.idle.equals(Optional.of(why))) {
            context.getLog().info("no work for the Horde by {}: {}", file, why);
            place.idle = Optional.of(why);
        }
    }

    private Optional<String> whyIdle(Path file, BridgeData data) {
        if (!data.hasAccount()) {
            return Optional.of("api_key is not set; ./drover horde check says what else is needed");
        }
        if (!data.hasName()) {
            return Optional.of("dreamer_name is still that of the template; take one that no other worker has");
        }
        boolean taken = places.entrySet().stream()
                .anyMatch(other -> !other.getKey().equals(file)
                        && other.getValue().dreamer.isPresent()
                        && other.getValue()
                                .data
                                .map(BridgeData::workerName)
                                .filter(data.workerName()::equals)
                                .isPresent());
        return taken ? Optional.of("another file has the same dreamer_name") : Optional.empty();
    }

    /** These orders were left open by the process before. */
    void found(List<Order> open) {
        unclaimed.addAll(open);
        claim();
    }

    /** Gives open orders to the worker of their name; those of a name that nobody has any more to another one. */
    private void claim() {
        List<String> names = data().stream()
                .flatMap(Optional::stream)
                .map(BridgeData::workerName)
                .toList();
        unclaimed.removeIf(order -> {
            Optional<ActorRef<Dreamer.Command>> its = places.values().stream()
                    .filter(place -> !names.contains(order.source())
                            || place.data
                                    .map(BridgeData::workerName)
                                    .filter(order.source()::equals)
                                    .isPresent())
                    .flatMap(place -> place.dreamer.stream())
                    .findFirst();
            its.ifPresent(dreamer -> dreamer.tell(new Dreamer.Recover(order)));
            return its.isPresent();
        });
    }
}

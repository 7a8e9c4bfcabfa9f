package drover.simulation;

import drover.inference.Phase;
import drover.job.Priority;
import drover.simulation.Order.Kind;
import drover.simulation.Order.Mishap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * All that a run is given: what the machine is like, what is ordered, what befalls it. A plan is made of one long number;
 * parts can be taken out of it and leave the rest as it was.
 *
 * @param seed what it was made of
 */
record Plan(long seed, Shape shape, List<Order> orders, List<Trouble> troubles) {
    private static final long SECOND = 1_000_000_000L;
    private static final Kind[] KINDS = Kind.values();
    private static final Phase[] PHASES = {
        Phase.LOADING,
        Phase.ENCODING,
        Phase.DENOISING,
        Phase.DENOISING,
        Phase.DENOISING,
        Phase.DECODING,
        Phase.UPLOADING
    };
    private static final Priority[] PRIORITIES = Priority.values();

    /**
     * What the machine is like.
     *
     * @param nodes how many GPUs
     * @param slots inference actors of each
     * @param models how many models there are
     * @param standby whether each node has a warm standby
     * @param stepLimit how long a step may take
     * @param margin what the control process's watchdog allows beyond the nodes' own
     * @param silence how long a node may say nothing
     * @param shared whether keepers live on hosts of their own, and the dispatch on yet another one
     */
    record Shape(
            int nodes,
            int slots,
            int models,
            boolean standby,
            Duration stepLimit,
            Duration margin,
            Duration silence,
            boolean shared) {
        /** A machine with so many GPUs. */
        Shape withNodes(int count) {
            return new Shape(count, slots, models, standby, stepLimit, margin, silence, shared);
        }

        /** All on one host. */
        Shape alone() {
            return new Shape(nodes, slots, models, standby, stepLimit, margin, silence, false);
        }
    }

    Plan {
        orders = List.copyOf(orders);
        troubles = List.copyOf(troubles);
    }

    /** The plan that a number stands for, with this many jobs. */
    static Plan of(long seed, int jobs) {
        SplittableRandom random = Dice.of(seed, 1);
        Shape shape = new Shape(
                2 + random.nextInt(3),
                1 + random.nextInt(3),
                1 + random.nextInt(3),
                Dice.chance(random, 0.3),
                Duration.ofMillis(Dice.between(random, 2_000, 5_000)),
                Duration.ofMillis(Dice.between(random, 2_500, 4_000)),
                Duration.ofMillis(Dice.between(random, 4_000, 8_000)),
                Dice.chance(Dice.of(seed, 10), 0.4));
        // So that the slots are about three quarters busy; a job takes some 1.2 s.
        long span = (long) (jobs * 1.6 / (shape.nodes * shape.slots) * SECOND);
        double mishaps = Dice.chance(random, 0.2) ? 0 : 0.02 + random.nextDouble() * 0.1;
        List<Order> orders = new ArrayList<>();
        for (int i = 0; i < jobs; i++) {
            orders.add(order(seed, i, shape, span, mishaps));
        }
        List<Trouble> troubles = troubles(Dice.of(seed, 2), shape, span);
        troubles.addAll(moves(Dice.of(seed, 11), shape, span));
        troubles.sort(Comparator.comparingLong(Trouble::at));
        return new Plan(seed, shape, orders, troubles);
    }

    private static Order order(long seed, int index, Shape shape, long span, double mishaps) {
        SplittableRandom random = Dice.of(seed, 3, index);
        long at = Dice.chance(random, 0.2) ? span / 4 * random.nextInt(4) + index : random.nextLong(span);
        int steps = 1 + random.nextInt(4);
        // Every thirtieth is as slow as a healthy one can be.
        long step = Dice.chance(random, 0.03) ? 3 * SECOND : Dice.spread(random, 20_000_000L, 300_000_000L);
        Optional<Mishap> mishap = Dice.chance(random, mishaps) ? Optional.of(mishap(random, steps)) : Optional.empty();
        return new Order(
                index,
                random.nextLong(),
                at,
                Dice.chance(random, 0.15),
                "m" + random.nextInt(shape.models),
                Dice.chance(random, 0.7) ? Priority.NORMAL : Dice.pick(random, PRIORITIES),
                steps,
                step,
                Duration.ofSeconds(Dice.chance(random, 0.05) ? 5 + random.nextInt(20) : 40 + random.nextInt(20)),
                Dice.chance(random, 0.15),
                mishap,
                Dice.chance(random, 0.05) ? Dice.spread(random, 1_000_000L, 5 * SECOND) : -1,
                Dice.chance(random, 0.06) ? 1 + random.nextInt(2) : 0);
    }

    private static Mishap mishap(SplittableRandom random, int steps) {
        Phase phase = Dice.pick(random, PHASES);
        return new Mishap(
                Dice.chance(random, 0.35) ? Kind.HANG : Dice.pick(random, KINDS),
                phase,
                phase == Phase.DENOISING ? random.nextInt(steps + 1) : 0,
                Dice.chance(random, 0.85) ? 1 : 1 + random.nextInt(4),
                Dice.between(random, 200_000_000L, 3 * SECOND));
    }

    private static List<Trouble> troubles(SplittableRandom random, Shape shape, long span) {
        List<Trouble> all = new ArrayList<>();
        int count = Dice.chance(random, 0.15) ? 0 : 1 + random.nextInt(8);
        for (int i = 0; i < count; i++) {
            long at = random.nextLong(span);
            int node = random.nextInt(shape.nodes);
            all.add(
                    switch (random.nextInt(10)) {
                        case 0 -> new Trouble.StopNode(at, node, -1);
                        case 1 -> new Trouble.StopNode(at, node, Dice.spread(random, SECOND / 20, 20 * SECOND));
                        case 2, 3 -> new Trouble.EndNode(at, node, Dice.chance(random, 0.5) ? 137 : 139);
                        case 4 -> new Trouble.StopControl(at, Dice.spread(random, SECOND / 20, 10 * SECOND));
                        case 5 -> new Trouble.KillControl(at, Dice.between(random, SECOND / 5, 3 * SECOND));
                        case 6 ->
                            new Trouble.SetClock(
                                    at,
                                    (random.nextBoolean() ? 1 : -1) * Dice.spread(random, SECOND / 10, 60 * SECOND));
                        case 7 ->
                            new Trouble.SlowDisk(
                                    at,
                                    Dice.between(random, SECOND / 2, 5 * SECOND),
                                    Dice.spread(random, SECOND / 100, SECOND));
                        case 8 -> new Trouble.BrokenDisk(at, Dice.between(random, SECOND / 10, 3 * SECOND));
                        default ->
                            new Trouble.BadLink(
                                    at,
                                    Dice.between(random, SECOND / 2, 4 * SECOND),
                                    random.nextInt(shape.nodes + 1),
                                    Dice.spread(random, SECOND / 1000, SECOND / 2),
                                    random.nextDouble() * 0.5);
                    });
        }
        return all;
    }

    /** What operators do, and what only befalls several hosts. */
    private static List<Trouble> moves(SplittableRandom random, Shape shape, long span) {
        List<Trouble> all = new ArrayList<>();
        int drains = Dice.chance(random, 0.3) ? 1 + random.nextInt(3) : 0;
        for (int i = 0; i < drains; i++) {
            all.add(new Trouble.DrainNode(
                    random.nextLong(span),
                    random.nextInt(shape.nodes),
                    Dice.chance(random, 0.5) ? 0 : Dice.between(random, SECOND, 10 * SECOND),
                    Dice.chance(random, 0.4) ? -1 : Dice.between(random, SECOND, 20 * SECOND)));
        }
        int moves = shape.shared ? 1 + random.nextInt(3) : 0;
        for (int i = 0; i < moves; i++) {
            Trouble.Farewell how = Dice.pick(random, Trouble.Farewell.values());
            all.add(new Trouble.MoveDispatch(
                    random.nextLong(span),
                    how,
                    how == Trouble.Farewell.CLOSED
                            ? Dice.between(random, SECOND / 20, SECOND)
                            : Dice.between(random, SECOND, 8 * SECOND)));
            if (Dice.chance(random, 0.5)) {
                all.add(new Trouble.BadLink(
                        random.nextLong(span),
                        Dice.between(random, SECOND / 2, 4 * SECOND),
                        Trouble.DISPATCH,
                        Dice.spread(random, SECOND / 1000, SECOND / 2),
                        random.nextDouble() * 0.5));
            }
        }
        return all;
    }

    /** The plan as it was before there were operators and several hosts. */
    Plan alone() {
        return new Plan(
                seed,
                shape.alone(),
                orders,
                troubles.stream()
                        .filter(t -> !(t instanceof Trouble.DrainNode
                                || t instanceof Trouble.MoveDispatch
                                || (t instanceof Trouble.BadLink link && link.node() == Trouble.DISPATCH)))
                        .toList());
    }

    /** This plan with other orders. */
    Plan with(List<Order> others) {
        return new Plan(seed, shape, others, troubles);
    }

    /** This plan with other troubles. */
    Plan withTroubles(List<Trouble> others) {
        return new Plan(seed, shape, orders, others);
    }

    /** This plan on fewer GPUs. */
    Plan withNodes(int nodes) {
        return new Plan(seed, shape.withNodes(nodes), orders, troubles);
    }
}

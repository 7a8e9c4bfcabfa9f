package drover.node;

import drover.board.SlotId;
import drover.watchdog.Incident;
import drover.watchdog.NodeSilent;
import drover.watchdog.Stall;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;

/** One process of a node, as its keeper knows it. Owned by the keeper; not thread-safe. */
final class Child {
    private final String node;
    private final long launch;
    private final Set<Integer> slots = new TreeSet<>();
    private Optional<NodeProcess> process = Optional.empty();
    private Optional<NodeKeeper.Hello> hello = Optional.empty();
    private Optional<NodeMemory> memory = Optional.empty();
    private Set<String> resident = Set.of();
    private boolean checks;
    private Optional<Condemnation> condemnation = Optional.empty();
    private Optional<Incident.Stack> stack = Optional.empty();
    private Optional<String> lastWords = Optional.empty();
    private Map<String, String> logLevels;
    private boolean activated;
    private boolean killed;
    private boolean graceOver;
    private boolean dismissed;

    /**
     * Why a process is being ended.
     *
     * @param cause for the incident; empty if the process's exit is all there will be to tell
     * @param reason for a person
     */
    record Condemnation(Optional<Incident.Cause> cause, String reason) {
        /** An attempt of it no longer gets anywhere. */
        static Condemnation stalled(Stall stall) {
            return new Condemnation(
                    Optional.of(new Incident.Cause.Stalled(stall)),
                    stall.attempt() + " no longer advanced at " + stall.position() + ", noticed by the "
                            + stall.watchdog() + " watchdog");
        }

        /** Nothing is heard of it. */
        static Condemnation silent(NodeSilent silence) {
            return new Condemnation(
                    Optional.of(new Incident.Cause.Silent(silence)),
                    "nothing was heard of it for " + silence.silence().toSeconds() + " s");
        }

        /** Another reason. */
        static Condemnation other(String reason) {
            return new Condemnation(Optional.empty(), reason);
        }

        /** The stall, if one is the cause. */
        Optional<Stall> stall() {
            return cause.flatMap(
                    c -> c instanceof Incident.Cause.Stalled(Stall stall) ? Optional.of(stall) : Optional.empty());
        }
    }

    /**
     * A process that is about to be started.
     *
     * @param logLevels those that it is started with
     */
    Child(String node, long launch, Map<String, String> logLevels) {
        this.node = node;
        this.launch = launch;
        this.logLevels = logLevels;
    }

    long launch() {
        return launch;
    }

    SlotId slot(int index) {
        return new SlotId(node, launch, index);
    }

    /** Names this process and no other: {@code gpu0.3}. */
    String name() {
        return node + "." + launch;
    }

    Set<Integer> slots() {
        return slots;
    }

    void started(NodeProcess started) {
        process = Optional.of(started);
        if (killed) {
            started.kill();
        }
    }

    void greeted(NodeKeeper.Hello greeting) {
        hello = Optional.of(greeting);
        resident = greeting.resident();
    }

    void reported(NodeKeeper.Alive report) {
        memory = Optional.of(report.memory());
        resident = report.resident();
    }

    /** One of its slots asks for work, and says with what. */
    void asksWith(Set<String> models, boolean canCheck) {
        resident = models;
        checks = canCheck;
    }

    /** Whether it can look at pictures before they leave. */
    boolean checks() {
        return checks;
    }

    Optional<ActorRef<Node.Command>> ref() {
        return hello.map(NodeKeeper.Hello::node);
    }

    Optional<NodeKeeper.Hello> hello() {
        return hello;
    }

    Optional<NodeMemory> memory() {
        return memory;
    }

    Set<String> resident() {
        return resident;
    }

    OptionalLong pid() {
        return process.isPresent() ? OptionalLong.of(process.get().pid()) : OptionalLong.empty();
    }

    boolean isReady() {
        return hello.isPresent();
    }

    /** Whether it has been told how many inference actors to have. */
    boolean isActivated() {
        return activated;
    }

    void tell(Node.FromKeeper message) {
        ref().ifPresent(node -> node.tell(message));
    }

    void activate(int actors) {
        activated = true;
        tell(new Node.Resize(actors));
    }

    /** Has it log by these levels, as soon as it can be told. */
    void logBy(Map<String, String> levels) {
        if (isReady() && !levels.equals(logLevels)) {
            logLevels = levels;
            tell(new Node.SetLogLevels(levels));
        }
    }

    void condemn(Condemnation why) {
        condemnation = Optional.of(why);
    }

    Optional<Condemnation> condemnation() {
        return condemnation;
    }

    void stack(Incident.Stack taken) {
        stack = Optional.of(taken);
    }

    Optional<Incident.Stack> stack() {
        return stack;
    }

    void say(String words) {
        lastWords = Optional.of(words);
    }

    /** What the process itself said about its end. */
    Optional<String> lastWords() {
        return lastWords;
    }

    void endGrace() {
        graceOver = true;
    }

    boolean isGraceOver() {
        return graceOver;
    }

    /** Ends the process; if it is only being started, as soon as that is done. */
    void kill() {
        if (!killed) {
            killed = true;
            process.ifPresent(NodeProcess::kill);
        }
    }

    /** Ends a process that runs nothing: a standby that is not wanted any more. */
    void dismiss() {
        dismissed = true;
        kill();
    }

    boolean isDismissed() {
        return dismissed;
    }

    /** What was last known of its memory. */
    Incident.Memory lastMemory() {
        return memory.map(m -> new Incident.Memory(
                        OptionalLong.of(m.residentBytes()), OptionalLong.of(m.heapUsedBytes()), OptionalLong.empty()))
                .orElse(Incident.Memory.UNKNOWN);
    }

    Incident.Stack stackOrWhyNot() {
        return stack.orElseGet(() -> new Incident.Stack.NotTaken("the process had ended"));
    }
}

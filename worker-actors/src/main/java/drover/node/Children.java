package drover.node;

import drover.watchdog.Incident;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * Every process of a node that has been started and has not ended. What blocks runs on the executor and comes back to
 * the keeper as a message. Owned by the keeper; not thread-safe.
 */
final class Children {
    private final GpuDevice device;
    private final NodeKeeper.Links links;
    private final Executor blocking;
    private final String keeperAddress;
    private final ActorRef<NodeKeeper.Command> keeper;
    private final ProcessGuard guard = new ProcessGuard();
    private final Map<Long, Child> living = new TreeMap<>();
    private long launches;

    /**
     * No process so far.
     *
     * @param blocking may be blocked
     * @param keeperAddress what a process in another actor system calls the keeper
     * @param launches how many processes the node has had before
     */
    Children(
            GpuDevice device,
            NodeKeeper.Links links,
            Executor blocking,
            String keeperAddress,
            ActorRef<NodeKeeper.Command> keeper,
            long launches) {
        this.device = device;
        this.links = links;
        this.blocking = blocking;
        this.keeperAddress = keeperAddress;
        this.keeper = keeper;
        this.launches = launches;
    }

    /** Starts a process; {@code Launched} or {@code NotLaunched} follows, and in the end {@code ProcessEnded}. */
    Child launch(NodeSettings settings) {
        long launch = ++launches;
        Bootstrap bootstrap = settings.bootstrap(keeperAddress, device, launch, links.member(), links.seed());
        Child child = new Child(device.node(), launch, bootstrap.logging().levels());
        living.put(launch, child);
        CompletionStage<NodeProcess> starting =
                CompletableFuture.supplyAsync(() -> start(settings.process(), bootstrap), blocking);
        starting.whenComplete((process, problem) -> keeper.tell(
                problem == null
                        ? new NodeKeeper.Launched(launch, process)
                        : new NodeKeeper.NotLaunched(launch, reason(problem))));
        return child;
    }

    /** How many processes the node has had so far. */
    long launches() {
        return launches;
    }

    private NodeProcess start(NodeSettings.ProcessSettings settings, Bootstrap bootstrap) {
        try {
            return guard.adopt(links.launcher().launch(device, settings, bootstrap));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String reason(Throwable problem) {
        Throwable cause = problem;
        while ((cause instanceof CompletionException || cause instanceof UncheckedIOException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.toString();
    }

    /** The process is there. */
    void started(Child child, NodeProcess process) {
        long launch = child.launch();
        child.started(process);
        process.onExit().thenAccept(code -> keeper.tell(new NodeKeeper.ProcessEnded(launch, code)));
    }

    /** Takes the stack of the slot's runner; {@code StackTaken} follows. */
    void takeStack(Child child, int slot) {
        long launch = child.launch();
        if (child.pid().isEmpty()) {
            child.stack(new Incident.Stack.NotTaken("the process was only being started"));
            return;
        }
        long pid = child.pid().getAsLong();
        String thread = "runner-" + device.node() + "-" + slot;
        CompletionStage<Incident.Stack> taking =
                CompletableFuture.supplyAsync(() -> links.stacks().take(pid, thread), blocking);
        taking.exceptionally(e -> new Incident.Stack.NotTaken("the attempt failed: " + e.getMessage()))
                .thenAccept(stack -> keeper.tell(new NodeKeeper.StackTaken(launch, stack)));
    }

    Optional<Child> find(long launch) {
        return Optional.ofNullable(living.get(launch));
    }

    Optional<Child> named(String name) {
        return living.values().stream().filter(c -> c.name().equals(name)).findFirst();
    }

    void remove(Child child) {
        living.remove(child.launch());
    }

    boolean isEmpty() {
        return living.isEmpty();
    }

    /** Whether a process that has to go still lives. */
    boolean hasCondemned() {
        return living.values().stream().anyMatch(c -> c.condemnation().isPresent());
    }

    void tellAll(Node.FromKeeper message) {
        living.values().forEach(child -> child.tell(message));
    }

    /** The one started first. */
    Optional<Child> first() {
        return living.values().stream().findFirst();
    }

    List<Child> all() {
        return List.copyOf(living.values());
    }

    /** Ends all at once, also those whose start is under way. */
    void close() {
        guard.close();
    }
}

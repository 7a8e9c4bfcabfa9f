package drover.board;

import drover.board.Slots.Slot;
import drover.watchdog.LearnedTimeouts;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What others see of the board; looking changes nothing. Not safe for use by several threads. */
final class BoardView {
    private final OpenJobs jobs;
    private final Slots slots;
    private final NodeRecords nodes;
    private final ModelRecords models;
    private final Pace pace;
    private final LearnedTimeouts learned;

    BoardView(OpenJobs jobs, Slots slots, NodeRecords nodes, ModelRecords models, Pace pace, LearnedTimeouts learned) {
        this.jobs = jobs;
        this.slots = slots;
        this.nodes = nodes;
        this.models = models;
        this.pace = pace;
        this.learned = learned;
    }

    /** All of it, for operators. */
    JobBoard.Snapshot snapshot(Instant now) {
        List<JobBoard.Running> out = new ArrayList<>();
        for (Entry entry : jobs.all()) {
            if (entry.slot != null) {
                out.add(new JobBoard.Running(
                        entry.job.lastAttempt().orElseThrow(),
                        entry.model(),
                        entry.slot,
                        Optional.ofNullable(entry.position)));
            }
        }
        return new JobBoard.Snapshot(
                jobs.waiting(),
                out,
                jobs.undelivered(),
                slots.free().stream().map(slot -> slot.id).toList(),
                jobs.pending().total(),
                jobs.pending().models(),
                jobs.pending().tenants(),
                nodes.standings(pace, now),
                models.withdrawn(now),
                learned.rows());
    }

    /** What jobs could be given to, for those who look for some. */
    Supply supply(Instant now) {
        List<NodeStanding> standings = nodes.standings(pace, now);
        Set<String> suspended = standings.stream()
                .filter(it -> it.trust() == NodeStanding.Trust.SUSPENDED)
                .map(NodeStanding::node)
                .collect(Collectors.toSet());
        Set<String> withdrawn =
                models.withdrawn(now).stream().map(WithdrawnModel::model).collect(Collectors.toSet());
        Map<String, Double> slowest = new HashMap<>();
        standings.forEach(it -> it.speeds().forEach((model, speed) -> slowest.merge(model, speed, Math::min)));
        List<Supply.Slot> able = new ArrayList<>();
        for (Slot slot : slots.all()) {
            if (!suspended.contains(slot.node()) && (slot.asks || slot.attempt != null)) {
                Set<String> offered = new HashSet<>(slot.models);
                offered.removeAll(withdrawn);
                able.add(new Supply.Slot(slot.id, offered, slot.resident, slot.isFree(), slot.checks));
            }
        }
        return new Supply(able, slowest);
    }
}

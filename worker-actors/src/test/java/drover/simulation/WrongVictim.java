package drover.simulation;

import drover.inference.AttemptId;
import drover.rules.Rules;
import drover.watchdog.Stall;
import drover.watchdog.Verdict;
import drover.watchdog.Watchdog;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;

/** A known defect around a watchdog: when an attempt is stuck, the first one in the table is blamed for it. */
final class WrongVictim implements Rules<Watchdog.Command> {
    private final Rules<Watchdog.Command> inner;
    private final Map<AttemptId, ActorRef<Verdict>> table = new LinkedHashMap<>();

    WrongVictim(Rules<Watchdog.Command> inner) {
        this.inner = inner;
    }

    @Override
    public boolean hear(Watchdog.Command command) {
        return switch (command) {
            case Watchdog.Watch it -> {
                table.putIfAbsent(it.attempt(), it.owner());
                yield inner.hear(new Watchdog.Watch(it.attempt(), it.model(), it.timeouts(), it.rungs(), blaming()));
            }
            case Watchdog.Unwatch it -> {
                table.remove(it.attempt());
                yield inner.hear(it);
            }
            default -> inner.hear(command);
        };
    }

    private ActorRef<Verdict> blaming() {
        return new Address<>(0) {
            @Override
            public void tell(Verdict verdict) {
                table.entrySet().stream()
                        .findFirst()
                        .ifPresent(first -> first.getValue().tell(about(first.getKey(), verdict)));
            }
        };
    }

    private static Verdict about(AttemptId victim, Verdict verdict) {
        Stall was = verdict.stall();
        return switch (verdict) {
            case Verdict.Cancel _ -> new Verdict.Cancel(of(victim, was));
            case Verdict.RestartActor _ -> new Verdict.RestartActor(of(victim, was));
            case Verdict.ReplaceProcess _ -> new Verdict.ReplaceProcess(of(victim, was));
        };
    }

    private static Stall of(AttemptId victim, Stall was) {
        return new Stall(
                victim,
                was.model(),
                was.position(),
                was.sinceAdvance(),
                was.sinceHeartbeat(),
                was.idleReports(),
                was.limit(),
                was.origin(),
                was.watchdog(),
                was.at());
    }
}

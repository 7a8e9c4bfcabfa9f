package drover.inference.pytorch;

import drover.inference.AssetRef;
import drover.inference.EngineException;
import drover.inference.Position;
import drover.inference.RunMonitor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** Notes positions, cancels once one of them matches, and has inputs to hand out. */
class Recorder implements RunMonitor {
    private final List<Position> positions = new ArrayList<>();
    private final Map<String, byte[]> inputs = new ConcurrentHashMap<>();
    private final Predicate<Position> cancelAt;

    Recorder() {
        this(p -> false);
    }

    Recorder(Predicate<Position> cancelAt) {
        this.cancelAt = cancelAt;
    }

    List<Position> positions() {
        return positions;
    }

    /** Puts an input in. */
    AssetRef keep(String name, byte[] bytes) {
        inputs.put(name, bytes);
        return new AssetRef(name, "image/png", bytes.length, "", 0);
    }

    @Override
    public void at(Position position) {
        positions.add(position);
    }

    @Override
    public void heartbeat() {}

    @Override
    public void checkCancelled() throws EngineException.Cancelled {
        if (positions.stream().anyMatch(cancelAt)) {
            throw new EngineException.Cancelled();
        }
    }

    @Override
    public byte[] input(AssetRef ref) throws EngineException {
        byte[] bytes = inputs.get(ref.key());
        if (bytes == null) {
            throw new EngineException.Failed(ref.key() + " is not there", new IllegalStateException(ref.key()));
        }
        return bytes;
    }
}

package drover.simulation;

import drover.inference.Artifact;
import drover.inference.AssetRef;
import drover.inference.AssetStore;
import drover.inference.AttemptId;
import drover.inference.JobId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.util.HashSet;
import java.util.Set;

/** The asset store of a run; it keeps names, not pictures. */
final class Store implements AssetStore {
    private final Set<String> kept = new HashSet<>();

    void keep(AssetRef asset) {
        kept.add(asset.key());
    }

    @Override
    public AssetRef put(AttemptId attempt, int index, Artifact artifact) {
        throw new UnsupportedOperationException("simulated results have no bytes");
    }

    @Override
    public AssetRef putInput(JobId job, String name, String mediaType, byte[] bytes) {
        throw new UnsupportedOperationException("simulated jobs are made from their prompt alone");
    }

    @Override
    public void removeInputs(JobId job) {}

    @Override
    public InputStream open(AssetRef ref) throws IOException {
        throw new NoSuchFileException(ref.key());
    }

    @Override
    public boolean holds(AssetRef ref) {
        return kept.contains(ref.key());
    }
}

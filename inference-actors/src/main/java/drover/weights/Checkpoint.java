package drover.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import drover.weights.WeightsException.Missing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The weights of one network in a folder: one safetensors file, or several with an index. */
public final class Checkpoint implements Weights {
    /** The plain files come first; a folder may hold only the half-precision variant. */
    private static final List<String> SINGLE = List.of("%s.safetensors", "%s.fp16.safetensors");

    private static final List<String> INDEX =
            List.of("%s.safetensors.index.json", "%s.safetensors.index.fp16.json", "%s.fp16.safetensors.index.json");
    private static final List<String> PICKLED = List.of("%s.bin", "pytorch_model.bin", "%s.ckpt", "%s.pt", "%s.pth");

    private final Path folder;
    private final List<SafeTensors> files;
    private final Map<String, SafeTensors> homes;

    private Checkpoint(Path folder, List<SafeTensors> files, Map<String, SafeTensors> homes) {
        this.folder = folder;
        this.files = List.copyOf(files);
        this.homes = Collections.unmodifiableMap(new LinkedHashMap<>(homes));
    }

    /**
     * Opens {@code <stem>.safetensors}, or the files that {@code <stem>.safetensors.index.json} lists, or the {@code
     * fp16} variant of either.
     *
     * @param folder such as {@code unet} of a model folder
     * @param stem such as {@code diffusion_pytorch_model} or {@code model}
     * @throws WeightsException if the files are missing, damaged or pickles
     */
    public static Checkpoint open(Path folder, String stem) throws WeightsException {
        for (int variant = 0; variant < INDEX.size(); variant++) {
            if (variant < SINGLE.size()) {
                Path single = folder.resolve(SINGLE.get(variant).formatted(stem));
                if (Files.exists(single)) {
                    SafeTensors file = SafeTensors.open(single);
                    return new Checkpoint(folder, List.of(file), homesIn(file));
                }
            }
            Path index = folder.resolve(INDEX.get(variant).formatted(stem));
            if (Files.exists(index)) {
                return openShards(folder, index);
            }
        }
        for (String pickled : PICKLED) {
            Path file = folder.resolve(pickled.formatted(stem));
            if (Files.exists(file)) {
                SafeTensors.refusePickle(file);
            }
        }
        throw new Missing("%s holds no weights: expected %s.safetensors or %s.safetensors.index.json"
                .formatted(folder, stem, stem));
    }

    private static Map<String, SafeTensors> homesIn(SafeTensors file) {
        Map<String, SafeTensors> homes = new LinkedHashMap<>();
        file.names().forEach(name -> homes.put(name, file));
        return homes;
    }

    private static Checkpoint openShards(Path folder, Path index) throws WeightsException {
        ShardIndex map = ShardIndex.read(index);
        Map<String, SafeTensors> shards = new LinkedHashMap<>();
        Map<String, SafeTensors> homes = new LinkedHashMap<>();
        boolean done = false;
        try {
            for (Map.Entry<String, String> entry : map.shardOf().entrySet()) {
                String tensor = entry.getKey();
                String name = entry.getValue();
                @Nullable SafeTensors shard = shards.get(name);
                if (shard == null) {
                    shard = openShard(folder, index, name, tensor);
                    shards.put(name, shard);
                }
                if (shard.find(tensor).isEmpty()) {
                    throw new Missing(
                            "%s says that tensor %s is in %s, but it is not there".formatted(index, tensor, name));
                }
                homes.put(tensor, shard);
            }
            done = true;
            return new Checkpoint(folder, List.copyOf(shards.values()), homes);
        } finally {
            if (!done) {
                shards.values().forEach(SafeTensors::close);
            }
        }
    }

    private static SafeTensors openShard(Path folder, Path index, String name, String tensor) throws WeightsException {
        Path shard = folder.resolve(name);
        if (!Files.exists(shard)) {
            throw new Missing(
                    "%s says that tensor %s is in %s, but that file is missing".formatted(index, tensor, name));
        }
        return SafeTensors.open(shard);
    }

    @Override
    public Set<String> names() {
        return homes.keySet();
    }

    @Override
    public Optional<TensorInfo> find(String name) {
        return Optional.ofNullable(homes.get(name)).flatMap(file -> file.find(name));
    }

    @Override
    public NDArray load(NDManager manager, String name, DataType type) throws WeightsException {
        return home(name).load(manager, name, type);
    }

    @Override
    public NonFinite nonFinite(String name) throws WeightsException {
        return home(name).nonFinite(name);
    }

    @Override
    public Lease lease() {
        Map<SafeTensors, Lease> leases = new LinkedHashMap<>();
        files.forEach(file -> leases.put(file, file.lease()));
        return new Lease() {
            @Override
            public Optional<NDArray> view(NDManager manager, String name, DataType type) throws WeightsException {
                @Nullable Lease lease = leases.get(home(name));
                return lease == null ? Optional.empty() : lease.view(manager, name, type);
            }

            @Override
            public void close() {
                leases.values().forEach(Lease::close);
            }
        };
    }

    private SafeTensors home(String name) throws Missing {
        @Nullable SafeTensors file = homes.get(name);
        if (file == null) {
            throw new Missing(folder + " has no tensor " + name);
        }
        return file;
    }

    /** The files that it has been read from. */
    public List<Path> paths() {
        return files.stream().map(SafeTensors::path).toList();
    }

    @Override
    public long bytes() {
        return files.stream().mapToLong(SafeTensors::bytes).sum();
    }

    @Override
    public void close() {
        files.forEach(SafeTensors::close);
    }

    @Override
    public String toString() {
        return folder.toString();
    }
}

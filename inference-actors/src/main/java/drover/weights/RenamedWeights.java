package drover.weights;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Weights under other names, and in other shapes, than the file has them in. Owns the file. */
public final class RenamedWeights implements Weights {
    private static final int THIRDS = 3;

    private final Weights file;
    private final Function<String, Stored> names;

    /**
     * Where a tensor is found.
     *
     * @param name its name in the file
     * @param third which third of its rows it is: 0, 1 or 2; all of them if absent
     * @param transposed whether the file has columns where rows are wanted
     * @param matrix whether {@code [out, in, 1, 1]} in the file is {@code [out, in]}
     */
    public record Stored(String name, Optional<Integer> third, boolean transposed, boolean matrix) {
        /** The tensor of that name as it is. */
        public static Stored plain(String name) {
            return new Stored(name, Optional.empty(), false, false);
        }

        /** One third of the rows. */
        public static Stored third(String name, int third) {
            return new Stored(name, Optional.of(third), false, false);
        }

        /** Rows for columns. */
        public static Stored transposed(String name) {
            return new Stored(name, Optional.empty(), true, false);
        }

        /** A matrix that may be written as a convolution of one pixel. */
        public static Stored matrix(String name) {
            return new Stored(name, Optional.empty(), false, true);
        }

        private List<Long> shape(TensorInfo info) {
            List<Long> shape = new ArrayList<>(info.shape());
            if (third.isPresent() && !shape.isEmpty()) {
                shape.set(0, shape.getFirst() / THIRDS);
            }
            if (transposed) {
                return List.copyOf(shape.reversed());
            }
            boolean pixel = matrix && shape.size() == 4 && shape.get(2) == 1 && shape.get(3) == 1;
            return List.copyOf(pixel ? shape.subList(0, 2) : shape);
        }
    }

    /**
     * A view of a file.
     *
     * @param names where each tensor that may be asked for is found
     */
    public RenamedWeights(Weights file, Function<String, Stored> names) {
        this.file = file;
        this.names = names;
    }

    /** The names in the file. */
    @Override
    public Set<String> names() {
        return file.names();
    }

    @Override
    public Optional<TensorInfo> find(String name) {
        Stored stored = names.apply(name);
        return file.find(stored.name())
                .map(info -> new TensorInfo(stored.name(), info.type(), stored.shape(info), info.begin(), info.end()));
    }

    @Override
    public String nameInFile(String name) {
        return names.apply(name).name();
    }

    @Override
    public NDArray load(NDManager manager, String name, DataType type) throws WeightsException {
        Stored stored = names.apply(name);
        Shape shape = shape(stored);
        NDArray whole = file.load(manager, stored.name(), type);
        if (stored.third().isPresent()) {
            return copied(whole, third(whole, stored.third().get(), shape));
        }
        if (stored.transposed()) {
            return copied(whole, whole.transpose());
        }
        return whole.getShape().equals(shape) ? whole : copied(whole, whole.reshape(shape));
    }

    private Shape shape(Stored stored) throws WeightsException {
        TensorInfo info = file.find(stored.name())
                .orElseThrow(() -> new WeightsException.Missing("there is no tensor " + stored.name()));
        return new Shape(stored.shape(info));
    }

    private static NDArray third(NDArray whole, int which, Shape shape) {
        long rows = shape.get(0);
        long from = which * rows;
        return whole.get(from + ":" + (from + rows));
    }

    @Override
    public Lease lease() {
        Lease whole = file.lease();
        return new Lease() {
            @Override
            public Optional<NDArray> view(NDManager manager, String name, DataType type) throws WeightsException {
                Stored stored = names.apply(name);
                Shape shape = shape(stored);
                // Columns would have to be read all over the file in every pass.
                return stored.transposed()
                        ? Optional.empty()
                        : whole.view(manager, stored.name(), type).map(all -> part(all, stored, shape));
            }

            @Override
            public void close() {
                whole.close();
            }
        };
    }

    private static NDArray part(NDArray whole, Stored stored, Shape shape) {
        if (stored.third().isEmpty() && whole.getShape().equals(shape)) {
            return whole;
        }
        try (whole) {
            return stored.third().isPresent() ? third(whole, stored.third().get(), shape) : whole.reshape(shape);
        }
    }

    /** Of all that the file has under the name, also where a part of it is meant. */
    @Override
    public NonFinite nonFinite(String name) throws WeightsException {
        return file.nonFinite(nameInFile(name));
    }

    /** A view would keep the whole in memory. */
    private static NDArray copied(NDArray whole, NDArray view) {
        try (whole;
                view) {
            return view.duplicate();
        }
    }

    @Override
    public long bytes() {
        return file.bytes();
    }

    @Override
    public void close() {
        file.close();
    }
}

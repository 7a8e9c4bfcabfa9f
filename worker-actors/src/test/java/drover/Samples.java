package drover;

import drover.inference.AssetRef;
import drover.inference.ControlUse;
import drover.inference.HiresFix;
import drover.inference.ImageFeatures;
import drover.inference.ImageRequest;
import drover.inference.JobId;
import drover.inference.LoraUse;
import drover.inference.OutputFormat;
import drover.inference.Position;
import drover.inference.SafetyPolicy;
import drover.inference.SourceImage;
import drover.job.Tenant;
import drover.node.GpuDevice;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;

/** Makes values of message types, so that a test can cover all of them without naming any. */
final class Samples {
    private final Map<Class<?>, Supplier<Object>> special = new HashMap<>();

    Samples(ActorRef<?> anActor) {
        special.put(ActorRef.class, () -> anActor);
        special.put(JobId.class, () -> new JobId("0197-abc"));
        special.put(Tenant.class, () -> new Tenant("shop"));
        special.put(GpuDevice.class, () -> GpuDevice.gpu(3));
        special.put(Position.class, () -> new Position(drover.inference.Phase.DENOISING, 3, 20));
        special.put(
                ImageRequest.class,
                () -> new ImageRequest(
                        "model",
                        "ein Prompt mit Ümläuten 🐑",
                        "",
                        64,
                        128,
                        20,
                        drover.inference.Sampler.DPMPP_2M,
                        true,
                        7.5,
                        4_294_967_295L,
                        2,
                        3,
                        Optional.empty(),
                        features(),
                        OutputFormat.HORDE,
                        Optional.of(new SafetyPolicy(true, false, List.of("a word")))));
        special.put(SourceImage.class, Samples::source);
        special.put(LoraUse.class, () -> new LoraUse("style/ink.safetensors", 0.8, -0.5));
        special.put(ControlUse.class, Samples::control);
        special.put(HiresFix.class, () -> new HiresFix(0.5));
        special.put(ImageFeatures.class, Samples::features);
        special.put(String.class, () -> "text — with \"quotes\" and 🐑");
        special.put(Instant.class, () -> Instant.parse("2026-01-02T03:04:05.123456789Z"));
        special.put(Duration.class, () -> Duration.ofNanos(1_234_567_891L));
        special.put(Path.class, () -> Path.of("/tmp/x"));
        special.put(OptionalLong.class, () -> OptionalLong.of(5));
        special.put(OptionalInt.class, () -> OptionalInt.of(6));
        special.put(
                GpuDevice.class,
                () -> new GpuDevice(
                        "gpu6", OptionalInt.of(6), Optional.of("GPU-6"), "a GPU", OptionalLong.of(1L << 36)));
        special.put(int.class, () -> 7);
        special.put(long.class, () -> 9_007_199_254_740_993L);
        special.put(double.class, () -> 0.1);
        special.put(boolean.class, () -> true);
        special.put(Double.class, () -> 0.25);
        special.put(Long.class, () -> 9_007_199_254_740_995L);
    }

    /** One value of a record, of an enum, or of each member of a sealed family. */
    List<Object> of(Class<?> type) {
        if (type.isSealed()) {
            return Arrays.stream(type.getPermittedSubclasses())
                    .flatMap(t -> of(t).stream())
                    .toList();
        }
        return List.of(one(type));
    }

    private Object one(Type type) {
        return switch (type) {
            case Class<?> c -> one(c);
            case ParameterizedType p -> container(p);
            case WildcardType w -> one(w.getUpperBounds()[0]);
            case TypeVariable<?> _ -> List.of(one(drover.job.Job.class)); // What a ledger reads.
            default -> throw new IllegalArgumentException("no sample for " + type);
        };
    }

    private Object one(Class<?> type) {
        Supplier<Object> supplier = special.get(type);
        if (supplier != null) {
            return supplier.get();
        }
        if (type.isEnum()) {
            return type.getEnumConstants()[0];
        }
        if (type.isSealed()) {
            return of(type).getFirst();
        }
        if (!type.isRecord()) {
            throw new IllegalArgumentException("no sample for " + type + "; a message is made of records");
        }
        try {
            RecordComponent[] parts = type.getRecordComponents();
            Constructor<?> constructor = type.getDeclaredConstructor(
                    Arrays.stream(parts).map(RecordComponent::getType).toArray(Class<?>[]::new));
            constructor.setAccessible(true);
            List<Object> values = new ArrayList<>();
            for (RecordComponent part : parts) {
                values.add(one(part.getGenericType()));
            }
            return constructor.newInstance(values.toArray());
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("no sample for " + type, e);
        }
    }

    private Object container(ParameterizedType type) {
        Type first = type.getActualTypeArguments()[0];
        Class<?> raw = (Class<?>) type.getRawType();
        if (raw == Optional.class) {
            return Optional.of(one(first));
        }
        if (raw == List.class) {
            return List.of(one(first));
        }
        if (raw == Set.class) {
            return Set.of(one(first));
        }
        if (raw == Map.class) {
            return Map.of(one(first), one(type.getActualTypeArguments()[1]));
        }
        return one(raw);
    }

    private static ImageFeatures features() {
        return new ImageFeatures(
                Optional.of(source()),
                List.of(new LoraUse("style/ink.safetensors", 0.8, -0.5)),
                Optional.of(control()),
                true,
                Optional.of(new HiresFix(0.5)),
                List.of("RealESRGAN_x4plus"));
    }

    private static SourceImage source() {
        AssetRef image = new AssetRef("job/input/source.png", "image/png", 5, "00", 0);
        return new SourceImage(image, Optional.of(image), 0.75, SourceImage.Mode.INPAINTING);
    }

    private static ControlUse control() {
        AssetRef image = new AssetRef("job/input/control.png", "image/png", 5, "00", 0);
        return new ControlUse("canny", image, ControlUse.Type.CANNY, 0.9, false);
    }
}

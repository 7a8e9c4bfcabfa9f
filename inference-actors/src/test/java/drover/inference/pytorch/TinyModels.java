package drover.inference.pytorch;

import ai.djl.ndarray.types.DataType;
import drover.diffusion.ExtraFiles;
import drover.diffusion.Fixtures;
import drover.diffusion.ModelCatalog;
import drover.graph.TorchOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Engines over the tiny checkpoints, and checkpoints made of them. */
final class TinyModels {
    private TinyModels() {}

    static PyTorchEngine engine(DataType precision, Path... models) {
        ExtraFiles files = new ExtraFiles(
                Fixtures.path("lora"), Fixtures.path("upscaler/x4"), Fixtures.path(""), Fixtures.path("lora"));
        return engine(precision, files, models);
    }

    static PyTorchEngine engine(DataType precision, ExtraFiles files, Path... models) {
        return new PyTorchEngine(
                ModelCatalog.scan(List.of(models)),
                new PyTorchSettings(TorchOptions.cpu(2), precision, 1L << 30, 1L << 30, files, "test"));
    }

    /** A copy of the tiny checkpoint that may be changed. */
    static Path copy(Path folder) throws IOException {
        copy(Fixtures.path("sd15"), folder);
        return folder;
    }

    /** The tiny checkpoint with the network for inpainting. */
    static Path inpainting(Path folder) throws IOException {
        copy(folder);
        copy(Fixtures.path("sd15-inpaint").resolve("unet"), folder.resolve("unet"));
        return folder;
    }

    /** The tiny checkpoint, which paints pictures of any size. */
    static Path large(Path folder) throws IOException {
        copy(folder);
        Files.writeString(folder.resolve("drover.json"), "{\"max_size\": 1024}");
        return folder;
    }

    /** The tiny checkpoint with another number at the start of a tensor of its UNet. */
    static Path spoiled(Path folder, String tensor, float value) throws IOException {
        return spoiled(folder, "unet", tensor, value);
    }

    /** As {@link #spoiled(Path, String, float)}, of another part. */
    static Path spoiled(Path folder, String part, String tensor, float value) throws IOException {
        copy(folder);
        spoil(folder.resolve(part).resolve("diffusion_pytorch_model.safetensors"), tensor, value);
        return folder;
    }

    /** Another number at the start of a tensor of float32. */
    static void spoil(Path file, String tensor, float value) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int header = (int) buffer.getLong(0);
        String json = new String(bytes, 8, header, StandardCharsets.UTF_8);
        Matcher place = Pattern.compile("\"" + Pattern.quote(tensor) + "\":\\s*\\{[^}]*\"data_offsets\":\\s*\\[(\\d+)")
                .matcher(json);
        if (!place.find()) {
            throw new IOException("no " + tensor + " in " + file);
        }
        buffer.putFloat(8 + header + Integer.parseInt(place.group(1)), value);
        Files.write(file, bytes);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path source : all.filter(Files::isRegularFile).toList()) {
                Path inside = from.relativize(source);
                if (!inside.startsWith("goldens") && !inside.startsWith("vae-legacy-keys")) {
                    Path target = to.resolve(inside.toString());
                    Files.createDirectories(target.getParent());
                    Files.write(target, Files.readAllBytes(source));
                }
            }
        }
    }
}

package drover.config;

import drover.source.bridge.BridgeReader;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/** The models that workers of the Horde have by their own paths, wherever those are. */
final class CustomModels {
    private CustomModels() {}

    /** Files and folders named in {@code custom_models}. What is wrong with a worker's file, the worker says itself. */
    static Stream<Path> paths(ConfigValues values, Path home, Map<String, String> environment) {
        if (!values.get(Schema.HORDE_ENABLED)) {
            return Stream.empty();
        }
        BridgeReader reader = new BridgeReader(environment);
        return values.get(Schema.BRIDGE_DATA).stream()
                .flatMap(file -> reader.read(home.resolve(file)).data().stream())
                .flatMap(data -> data.models().custom().stream())
                .map(model -> home.resolve(model.filepath()));
    }
}

package drover.diffusion;

import drover.inference.EngineException;
import java.util.Collections;
import java.util.List;

/** Checks that several networks' configurations share. Every failure names the file, the key and the value. */
final class ConfigChecks {
    private static final int MOST_LAYERS = 200;

    private ConfigChecks() {}

    /** Insists that features that are not supported are not switched on: the keys must be absent or null. */
    static void unused(ConfigFile config, String... keys) throws EngineException.Unsupported {
        for (String key : keys) {
            if (config.has(key)) {
                throw new EngineException.Unsupported(
                        config.name() + ": " + key + " is " + config.raw(key) + "; only null is supported");
            }
        }
    }

    /** One value for each block: a list of that length, or one number for all. */
    static List<Integer> perBlock(ConfigFile config, String key, int blocks) throws EngineException.BadModel {
        List<Integer> values = config.integers(key);
        if (!config.raw(key).isArray()) {
            return Collections.nCopies(blocks, values.getFirst());
        }
        if (values.size() != blocks) {
            throw new EngineException.BadModel(config.name() + ": " + key + " is " + values
                    + "; expected one number, or one for each of the " + blocks + " blocks");
        }
        return values;
    }

    /** Block types, each of which must be one of those given. */
    static List<String> blockTypes(ConfigFile config, String key, int blocks, List<String> supported)
            throws EngineException {
        List<String> types = config.texts(key);
        for (String type : types) {
            if (!supported.contains(type)) {
                throw new EngineException.Unsupported(
                        config.name() + ": " + key + " has " + type + "; supported are " + supported);
            }
        }
        if (types.size() != blocks) {
            throw new EngineException.BadModel(
                    config.name() + ": " + key + " is " + types + "; expected " + blocks + ", as block_out_channels");
        }
        return types;
    }

    /** Insists that all of these are at least 1 and at most a million, so that shapes cannot overflow. */
    static void sane(ConfigFile config, String key, List<Integer> values) throws EngineException.BadModel {
        for (int value : values) {
            if (value < 1 || value > 1_000_000) {
                throw new EngineException.BadModel(
                        config.name() + ": " + key + " is " + config.raw(key) + "; expected 1 to 1000000");
            }
        }
    }

    /** Insists that all of these are at least 1 and at most 200: as deep as no network is, and soon described. */
    static void deep(ConfigFile config, String key, List<Integer> values) throws EngineException.BadModel {
        for (int value : values) {
            if (value < 1 || value > MOST_LAYERS) {
                throw new EngineException.BadModel(
                        config.name() + ": " + key + " is " + config.raw(key) + "; expected 1 to " + MOST_LAYERS);
            }
        }
    }

    /** Insists that one number divides others, as group and head counts must. */
    static void divides(ConfigFile config, String key, int divisor, String what, int value)
            throws EngineException.BadModel {
        if (divisor < 1 || value % divisor != 0) {
            throw new EngineException.BadModel(config.name() + ": " + key + " is " + config.raw(key)
                    + "; expected a divisor of " + what + ", which is " + value);
        }
    }
}

package drover.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads settings out of a resolved configuration and collects what is wrong with them. */
final class ConfigValues {
    private final Config config;
    private final String name;
    private final Set<ConfigProblem> problems;

    /**
     * @param problems what is wrong is added here
     */
    ConfigValues(Config config, String name, Set<ConfigProblem> problems) {
        this.config = config;
        this.name = name;
        this.problems = problems;
    }

    /** The setting's value; if that does not fit, a problem is noted and the default goes on in its place. */
    <T> T get(Setting<T> setting) {
        ConfigValue value = value(setting);
        if (value == null) {
            // Something above it is not a block, which has been noted; every other key has at least its default.
            return standard(setting);
        }
        if (value.valueType() == ConfigValueType.NULL) {
            reject(setting, "is null; expected " + setting.kind().expected());
            return standard(setting);
        }
        try {
            return setting.kind().read(value);
        } catch (Kind.Unfit e) {
            // What was found must not be printed where it may be half a secret.
            String found = setting.kind().isSecret()
                    ? "is not usable"
                    : "= " + shorten(value.render(ConfigRenderOptions.concise()));
            reject(setting, found + "; expected " + setting.kind().expected());
            return standard(setting);
        }
    }

    /** Notes a problem with a setting whose value fits by itself. */
    void reject(Setting<?> setting, String message) {
        ConfigValue value = value(setting);
        problems.add(new ConfigProblem(
                ConfigLoader.where(value == null ? null : value.origin(), name), setting.path(), message));
    }

    private @Nullable ConfigValue value(Setting<?> setting) {
        // Not getValue: it cannot tell where a null was written.
        ConfigValue value = config.root();
        for (String part : ConfigUtil.splitPath(setting.path())) {
            value = value instanceof ConfigObject object ? object.get(part) : null;
        }
        return value;
    }

    private static <T> T standard(Setting<T> setting) {
        try {
            return setting.kind()
                    .read(ConfigFactory.parseString("v = " + setting.standard()).getValue("v"));
        } catch (Kind.Unfit e) {
            throw new IllegalStateException("the default of " + setting.path() + " does not fit its own kind", e);
        }
    }

    private static String shorten(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "…";
    }
}

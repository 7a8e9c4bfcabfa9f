package drover.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException.IO;
import com.typesafe.config.ConfigException.Parse;
import com.typesafe.config.ConfigException.UnresolvedSubstitution;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import drover.setting.NearestKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a configuration file, strictly: every key has to be known and every value has to fit, or nothing is started. A
 * key that the file does not mention has its default, or the value of its environment variable; a key that it does
 * mention is overridden by the environment only where the file says so ({@code port = ${?DROVER_HTTP_PORT}}).
 */
public final class ConfigLoader {
    private static final String ENVIRONMENT = "environment variable ";
    private static final String DEFAULT = "default";

    private final Path home;
    private final Map<String, String> environment;

    /**
     * @param home the installation folder: relative paths in the file are below it
     * @param environment the environment variables
     */
    public ConfigLoader(Path home, Map<String, String> environment) {
        this.home = home.toAbsolutePath().normalize();
        this.environment = Map.copyOf(environment);
    }

    /** Where the configuration is when nobody names a file: {@code conf/drover.conf} in the installation folder. */
    public Path standardFile() {
        return home.resolve("conf").resolve("drover.conf");
    }

    /**
     * Reads the given file, or the standard one, which may be absent.
     *
     * @throws ConfigException with every mistake that was found
     */
    public DroverConfig load(Optional<Path> file) throws ConfigException {
        return loadWithOrigins(file).config();
    }

    /**
     * Like {@link #load}, with every setting's origin.
     *
     * @throws ConfigException with every mistake that was found
     */
    public LoadedConfig loadWithOrigins(Optional<Path> file) throws ConfigException {
        if (file.isPresent() || Files.exists(standardFile())) {
            return read(file.orElseGet(this::standardFile));
        }
        return build(ConfigFactory.empty(), "the defaults");
    }

    private LoadedConfig read(Path file) throws ConfigException {
        if (!Files.isRegularFile(file)) {
            throw failure(file.toString(), "there is no such file; name one with --config, or leave the option out");
        }
        try {
            ConfigParseOptions options =
                    ConfigParseOptions.defaults().setSyntax(ConfigSyntax.CONF).setAllowMissing(false);
            return build(ConfigFactory.parseFile(file.toFile(), options), file.toString());
        } catch (Parse e) {
            throw failure(where(e.origin(), file.toString()), "cannot be read: " + plain(e, e.origin()));
        } catch (IO e) {
            throw failure(file.toString(), "cannot be read: " + plain(e, e.origin()));
        }
    }

    private LoadedConfig build(Config file, String name) throws ConfigException {
        Set<ConfigProblem> problems = new LinkedHashSet<>();
        for (Map.Entry<String, ConfigValue> top : file.root().entrySet()) {
            if (!top.getKey().equals("drover")) {
                problems.add(unknown(ConfigUtil.joinPath(top.getKey()), top.getValue()));
            }
        }
        Config resolved;
        try {
            resolved = file.withFallback(defaults())
                    .withFallback(environmentAsConfig())
                    .resolve(ConfigResolveOptions.noSystem());
        } catch (UnresolvedSubstitution e) {
            throw failure(where(e.origin(), name), "cannot be resolved: " + plain(e, e.origin()));
        }
        ConfigValue root = resolved.root().get("drover");
        if (!(root instanceof ConfigObject object)) {
            throw failure(where(root == null ? null : root.origin(), name), "drover should be a block in braces");
        }
        findUnknown("drover", object, problems);
        ConfigValues values = new ConfigValues(resolved, name, problems);
        // Every one, also those that no settings record takes up in this engine or on this host.
        Schema.all().forEach(values::get);
        ConfigChecks.check(values);
        if (!problems.isEmpty()) {
            throw new ConfigException(List.copyOf(problems));
        }
        return new LoadedConfig(new ConfigAssembly(values, home, environment).config(), values.entries());
    }

    private static void findUnknown(String path, ConfigObject object, Set<ConfigProblem> problems) {
        for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
            String key = path + "." + ConfigUtil.joinPath(entry.getKey());
            boolean leaf = Schema.all().stream().anyMatch(s -> s.path().equals(key));
            boolean branch = Schema.all().stream().anyMatch(s -> s.path().startsWith(key + "."));
            if (branch && entry.getValue() instanceof ConfigObject child) {
                findUnknown(key, child, problems);
            } else if (branch) {
                problems.add(
                        new ConfigProblem(where(entry.getValue().origin(), "?"), key, "should be a block in braces"));
            } else if (!leaf) {
                problems.add(unknown(key, entry.getValue()));
            }
        }
    }

    private static ConfigProblem unknown(String key, ConfigValue value) {
        String hint = NearestKey.to(
                        key, Schema.all().stream().map(Setting::path).toList())
                .map(near -> "; did you mean " + near + "?")
                .orElse("; conf/drover.conf as it ships lists every key");
        return new ConfigProblem(where(value.origin(), "?"), key, "is not a known key" + hint);
    }

    private static Config defaults() {
        String text = Schema.all().stream()
                .map(s -> s.path() + " = " + s.standard() + "\n"
                        + s.env().map(env -> s.path() + " = ${?" + env + "}\n").orElse(""))
                .collect(Collectors.joining());
        return ConfigFactory.parseString(text, ConfigParseOptions.defaults().setOriginDescription(DEFAULT));
    }

    private Config environmentAsConfig() {
        Config all = ConfigFactory.empty();
        for (String name : new TreeSet<>(environment.keySet())) {
            ConfigValue value = ConfigValueFactory.fromAnyRef(environment.get(name), ENVIRONMENT + name);
            all = all.withValue(ConfigUtil.joinPath(name), value);
        }
        return all;
    }

    /** {@code conf/drover.conf:12}, or the name of an environment variable. */
    static String where(@Nullable ConfigOrigin origin, String otherwise) {
        if (origin == null) {
            return otherwise;
        }
        String description = origin.description();
        if (description.startsWith(ENVIRONMENT)) {
            return description;
        }
        if (description.startsWith(DEFAULT)) {
            return DEFAULT;
        }
        String file = origin.filename() == null ? otherwise : origin.filename();
        return origin.lineNumber() > 0 ? file + ":" + origin.lineNumber() : file;
    }

    /** The parser's message without the place, which is said already. */
    private static String plain(Exception e, @Nullable ConfigOrigin origin) {
        String message = String.valueOf(e.getMessage());
        String place = origin == null ? "" : origin.description() + ": ";
        return message.startsWith(place) ? message.substring(place.length()) : message;
    }

    private static ConfigException failure(String where, String message) {
        return new ConfigException(List.of(new ConfigProblem(where, "", message)));
    }
}

package drover.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigValue;
import drover.http.HttpSettings;
import drover.ledger.LedgerSettings;
import drover.node.NodeSettings;
import drover.watchdog.PhaseTimeouts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file that ships and the table of settings say the same. */
final class ConfigFileTest {
    private static final Path FILE = Path.of("..", "conf", "drover.conf");

    @TempDir
    Path home;

    @Test
    void theFileHasEveryKeyAndNoOther() {
        assertThat(keys(shipped())).isEqualTo(new TreeSet<>(paths()));
    }

    @Test
    void theFileHasEveryDefault() {
        Config file = shipped();
        for (Setting<?> setting : Schema.all()) {
            ConfigValue standard =
                    ConfigFactory.parseString("v = " + setting.standard()).getValue("v");
            assertThat(read(setting, file.getValue(setting.path())))
                    .as(setting.path())
                    .isEqualTo(read(setting, standard));
        }
    }

    @Test
    void theFileNamesEveryEnvironmentVariable() throws IOException {
        Map<String, String> inFile = new TreeMap<>();
        Matcher lines =
                Pattern.compile("(?m)^ *([a-z-]+) = \\$\\{\\?([A-Z_]+)}$").matcher(Files.readString(FILE));
        while (lines.find()) {
            inFile.put(lines.group(2), lines.group(1));
        }
        Map<String, String> inTable = Schema.all().stream()
                .filter(s -> s.env().isPresent())
                .collect(Collectors.toMap(
                        s -> s.env().orElseThrow(),
                        s -> s.path().substring(s.path().lastIndexOf('.') + 1)));
        assertThat(inFile).isEqualTo(inTable);
    }

    @Test
    void theFileMarksWhatAReloadPutsInForce() throws IOException {
        Set<String> marked = new TreeSet<>();
        boolean live = false;
        String block = "";
        for (String line : Files.readAllLines(FILE)) {
            Matcher opens = Pattern.compile(" *([a-z-]+) \\{").matcher(line);
            Matcher sets = Pattern.compile(" +([a-z-]+) = .*").matcher(line);
            if (opens.matches() && !opens.group(1).equals("drover")) {
                block = opens.group(1) + ".";
            } else if (line.strip().equals("}")) {
                block = "";
            } else if (line.strip().startsWith("#")) {
                live |= line.contains("[live]");
            } else if (sets.matches() && live) {
                marked.add("drover." + block + sets.group(1));
            } else if (line.isBlank()) {
                live = false;
            }
        }
        assertThat(marked)
                .isEqualTo(Schema.LIVE.stream().map(Setting::path).collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void everyKeyIsExplained() throws IOException {
        List<String> lines = Files.readAllLines(FILE);
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).matches(" +[a-z-]+ = .*")) {
                int above = i - 1;
                while (lines.get(above).matches(" +[a-z-]+ = .*")) {
                    above--;
                }
                assertThat(lines.get(above))
                        .as("above line %d: %s", i + 1, lines.get(i))
                        .matches(" *(#|[a-z]+ \\{).*");
            }
        }
    }

    @Test
    void theShippedFileAndNoFileMeanTheSame() throws ConfigException {
        ConfigLoader loader = new ConfigLoader(home, Map.of("HOME", "/home/me"));
        assertThat(loader.load(Optional.of(FILE))).usingRecursiveComparison().isEqualTo(loader.load(Optional.empty()));
    }

    @Test
    void theDefaultsAreThoseOfTheRuntime() throws ConfigException {
        DroverConfig config = new ConfigLoader(home, Map.of()).load(Optional.empty());

        assertThat(config.nodes().timeouts())
                .usingRecursiveComparison()
                .ignoringFieldsMatchingRegexes(".*origin")
                .isEqualTo(PhaseTimeouts.defaults());
        assertThat(config.nodes().limits()).isEqualTo(NodeSettings.Limits.DEFAULTS);
        assertThat(config.nodes().recovery()).isEqualTo(NodeSettings.Recovery.DEFAULTS);
        assertThat(config.ledger()).isEqualTo(LedgerSettings.h2In(home.resolve("data")));
        assertThat(config.http()).isEqualTo(HttpSettings.onLoopback(HttpSettings.DEFAULT_PORT));
    }

    private static Config shipped() {
        return ConfigFactory.parseFile(FILE.toFile()).resolve(ConfigResolveOptions.noSystem());
    }

    private static List<String> paths() {
        return Schema.all().stream().map(Setting::path).toList();
    }

    private static Set<String> keys(Config config) {
        Set<String> keys =
                config.entrySet().stream().map(Map.Entry::getKey).collect(Collectors.toCollection(TreeSet::new));
        // An empty block is a value of its own, which entrySet passes over.
        paths().stream().filter(config::hasPath).forEach(keys::add);
        return keys;
    }

    private static Object read(Setting<?> setting, ConfigValue value) {
        try {
            return setting.kind().read(value);
        } catch (Kind.Unfit e) {
            throw new AssertionError(setting.path() + " does not fit its own kind", e);
        }
    }
}

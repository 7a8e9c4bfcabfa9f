package drover.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.util.Map;
import java.util.TreeMap;

/** Levels by logger: {@code { "drover.board" = debug }}, also without the quotes. */
final class LogLevels implements Kind<Map<String, String>> {
    private static final Kind<Schema.Level> LEVEL = Kinds.choice(Schema.Level.class);

    @Override
    public String expected() {
        return "a block of \"LOGGER\" = LEVEL, such as { \"drover.board\" = debug }, each level " + LEVEL.expected();
    }

    @Override
    public Map<String, String> read(ConfigValue value) throws Unfit {
        if (!(value instanceof ConfigObject block)) {
            throw new Unfit();
        }
        Map<String, String> levels = new TreeMap<>();
        for (Map.Entry<String, ConfigValue> entry : block.toConfig().entrySet()) {
            String logger = String.join(".", ConfigUtil.splitPath(entry.getKey()));
            if (logger.isBlank()) {
                throw new Unfit();
            }
            levels.put(logger, LEVEL.read(entry.getValue()).name());
        }
        return Map.copyOf(levels);
    }
}
